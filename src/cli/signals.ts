/** The signals that ask the program to stop. */

/** Each with the exit code by which shells know it. */
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type StopSignal = keyof typeof signalExitCodes;

export const stopSignals = Object.keys(signalExitCodes) as readonly StopSignal[];

export function isStopSignal(reason: string): reason is StopSignal {
  return Object.hasOwn(signalExitCodes, reason);
}
