/** What a command is: its argument, options and examples beside the function that runs it. Knows no command by name. */
import type { Readable } from "node:stream";
import type { Environment } from "../report/style.ts";
import type { Company } from "./company.ts";
import type { Output } from "./output.ts";
import type { Value } from "./values.ts";

/** A row of the table of commands. */
export interface CommandRow {
  /** One line, as `nnt --help` lists it. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export interface Command<Options = Readonly<Record<string, unknown>>> {
  readonly argument?: ArgumentRow;
  readonly options: OptionRows;
  /** Whether several processes that `mpirun` starts share its work. */
  readonly isShared?: true;
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Gives the exit code; throws a `UserError` for the user's mistakes. Heavy modules are imported here, not above. */
  run(
    context: Context,
    /** The first one; empty for a command that takes none. */
    argument: string,
    options: Options,
    /** All arguments, of a command that takes several. */
    all: readonly string[],
  ): Promise<number>;
}

export interface ArgumentRow {
  readonly name: string;
  readonly help: string;
  /** Used when none is given; without it, the argument is required. */
  readonly fallback?: string;
  /** Several may be given. */
  readonly many?: true;
  /** The option (by key) that a second one may be meant for. */
  readonly second?: string;
  /** Every value there is: completed by shells, and checked. */
  readonly choices?: readonly string[];
}

/** Keys are camelCase: `maxTime` is written `--max-time`. */
export type OptionRows = Readonly<Record<string, OptionRow>>;

export interface OptionRow {
  /** One letter. */
  readonly short?: string;
  /** What kind of value it takes; without one it is a switch. */
  readonly value?: Value<unknown>;
  /** May be given many times; the values are collected. */
  readonly repeat?: true;
  readonly help: string;
  /** Options (by key) that cannot be given together with this one. */
  readonly conflicts?: readonly string[];
  /** An option (by key) that this one needs. */
  readonly needs?: string;
}

/** The options of a command as its code gets them. */
export type OptionsOf<Rows extends OptionRows> = { readonly [Key in keyof Rows]: Given<Rows[Key]> };

/** A switch is a boolean, a repeatable option a list, any other null when not given. */
type Given<Row> = Row extends { value: Value<infer T> }
  ? Row extends { repeat: true }
    ? readonly T[]
    : T | null
  : boolean;

/** Types the options of `run` by the rows beside it. */
export function defineCommand<const Rows extends OptionRows>(
  command: Command<OptionsOf<Rows>> & { readonly options: Rows },
): Command {
  return command as Command;
}

/** `maxTime` → `--max-time`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What a command gets, besides its arguments and options. */
export interface Context {
  readonly env: Environment;
  readonly version: string;
  /** Every command by name, for completion. */
  readonly commands: Readonly<Record<string, CommandRow>>;
  readonly stdin: () => Readable;
  /** The result, and nothing else. */
  readonly out: Output;
  /** Everything else. */
  readonly err: Output;
  /** The other processes that share the work. */
  readonly company: Company;
  /**
   * Aborted by the first signal to stop, which is its reason. Asking for it is a promise to end in
   * time; a command that never asks is ended at once.
   */
  readonly interruption: () => AbortSignal;
  /** Calls `listener` for every SIGHUP that is no closed terminal, which then is no signal to stop. */
  readonly onReload: (listener: () => void) => void;
}
