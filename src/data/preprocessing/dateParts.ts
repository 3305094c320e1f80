/** What a date may become: which parts of it are inputs, and what these are called. */
import type { Scaling } from "../../tasks/task.ts";

/** Parts that come back, and how many steps a turn has: two inputs each, sine and cosine of the share of the turn. */
export const turns = { month: 12, day: 31, weekday: 7, hour: 24 } as const;

/** The parts of a date that may be inputs, in the inputs' order. */
export const dateParts = ["year", "month", "day", "weekday", "hour", "days"] as const;
export type DatePart = (typeof dateParts)[number];

/** Parts that differ among the training rows, and what those that do not turn are scaled by. */
export interface DateInputs {
  readonly parts: readonly DatePart[];
  readonly year: Scaling;
  /** Milliseconds since 1970: days are counted from here. */
  readonly first: number;
  readonly days: Scaling;
}

export const isTurning = (part: DatePart): part is keyof typeof turns => Object.hasOwn(turns, part);

export function dateWidth({ parts }: DateInputs): number {
  return parts.reduce((sum, part) => sum + (isTurning(part) ? 2 : 1), 0);
}

export function dateInputNames(name: string, { parts }: DateInputs): string[] {
  return parts.flatMap((part) =>
    isTurning(part) ? [`sin ${part} of ${name}`, `cos ${part} of ${name}`] : [`${part} of ${name}`],
  );
}
