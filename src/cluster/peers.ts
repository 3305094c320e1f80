/** What processes that train together can do: send each other numbers. Knows not by what, nor what the numbers mean. */

export type Values = Float32Array | Float64Array | Uint8Array;

/** Messages of one channel between two processes arrive in the order in which they were sent. */
export const channels = { parts: 0, results: 1, talk: 2 } as const;
export type Channel = (typeof channels)[keyof typeof channels];

/** A message on its way; its values stay untouched until it is over. */
export interface Transfer {
  /** Whether it has been sent, or has arrived. @throws UserError (exit code 5) if it never will */
  isOver(): boolean;
}

/** What sharing has cost this process so far, besides talk. */
export interface Traffic {
  readonly bytesSent: number;
  /** In which nothing was computed because a message was not over yet. */
  readonly secondsWaiting: number;
}

/** Memory that processes on one machine reach directly. */
export interface SharedMemory {
  /** New zeros; null: what is so small is sent as fast. */
  allocate(bytes: number): ArrayBuffer | null;
  /** What other processes reach such memory by; null: it is none. */
  nameOf(memory: ArrayBufferLike): string | null;
  /** Another process's memory by its name; null: it is out of reach, on another machine for one. */
  reach(rank: number, name: string): ArrayBuffer | null;
}

export interface Peers {
  /** This process's number, from 0; the first alone writes files and speaks to the user. */
  readonly rank: number;
  readonly size: number;
  /** Where each of them runs. */
  readonly hosts: readonly string[];
  readonly traffic: Traffic;
  /** null: there is none here. */
  readonly shared: SharedMemory | null;
  send(to: number, channel: Channel, values: Values): Transfer;
  /** The message has as many values as there is room for. */
  receive(from: number, channel: Channel, values: Values): Transfer;
  /**
   * Waits until a message is over. @throws UserError when it cannot be, or another process tells that it has failed
   * @param meanwhile is called now and then: what else has become over may be gone on with
   */
  settle(transfer: Transfer, meanwhile?: () => void): Promise<void>;
}

/** The only process there is. */
export const alone: Peers = {
  rank: 0,
  size: 1,
  hosts: [""],
  traffic: { bytesSent: 0, secondsWaiting: 0 },
  shared: null,
  send: nobody,
  receive: nobody,
  settle: async () => {},
};

function nobody(): never {
  throw new Error("assertion failed: a process alone has nobody to talk to");
}
