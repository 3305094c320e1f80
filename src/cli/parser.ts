/** From argv to a command with typed options, by commander, built from the table. Runs no command. */
import { type Argument, Command, CommanderError } from "commander";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { type CommandName, commands, flagOf } from "./commands.ts";
import type { CommandRow, OptionRow } from "./options.ts";
import { WrongValue } from "./values.ts";

/** What the command line asks for: a command to run, or a text to print. */
export type Request =
  | {
      readonly command: CommandName;
      /** The first one. */
      readonly argument: string;
      readonly all: readonly string[];
      readonly options: Record<string, unknown>;
    }
  | { readonly print: string };

export interface HelpStyle {
  readonly columns: number;
  readonly title: (text: string) => string;
}

/** `nnt help train` is another way to write `nnt train --help`. */
export function parse(argv: readonly string[], version: string, style: HelpStyle): Request {
  const asksForHelp = argv.length === 0 || argv[0] === "help";
  return parseWords(asksForHelp ? [...argv.slice(1), "--help"] : argv, version, style);
}

/** Throws a usage error with every wrong option value at once; unknown names come with the nearest. */
function parseWords(argv: readonly string[], version: string, style: HelpStyle): Request {
  let printed = "";
  let request: Request | undefined;
  const program = new Command("nnt")
    .description("Trains neural networks: one spec file in, a model, its metrics and a report out.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help; also of each command: nnt train --help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => style.columns,
      getOutHasColors: () => true,
    })
    .configureHelp({
      styleTitle: style.title,
      minWidthToWrap: 20,
      optionTerm: ({ flags }) => withoutBrackets(flags),
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
    })
    .addHelpText("after", `\n${style.title("Start with:")}\n  nnt train configs/digits.yaml`);
  for (const [name, row] of Object.entries(commands) as [CommandName, CommandRow][]) {
    const command = program.command(name).summary(row.summary).description(sentenceCase(row.summary));
    if (row.argument) command.argument(argumentForm(row.argument), row.argument.help);
    for (const [key, option] of Object.entries(row.options)) addOption(command, key, option);
    command.addHelpText("after", examples(row, style));
    command.helpOption("-h, --help", "print this help");
    command.action((...given) => {
      const all = row.argument ? [given[0] ?? row.argument.fallback].flat().map(String) : [];
      request = {
        command: name,
        argument: all[0] ?? "",
        all,
        options: readOptions(row.options, command.opts()),
      };
    });
  }
  const name = argv.find((word) => !word.startsWith("-"));
  if (name !== undefined && !Object.hasOwn(commands, name)) throw unknownCommand(name);
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, argv);
  }
  return request ?? { print: printed };
}

function argumentForm({ name, fallback, many }: NonNullable<CommandRow["argument"]>): string {
  if (many) return `<${name}...>`;
  return fallback === undefined ? `<${name}>` : `[${name}]`;
}

function addOption(command: Command, key: string, { short, value, repeat, help }: OptionRow): void {
  const description = value?.choices ? `${help}: ${value.choices.join(", ")}` : help;
  const flags = `${short ? `-${short}, ` : ""}${flagOf(key)}${value ? ` <${value.placeholder}>` : ""}`;
  if (repeat) command.option(flags, description, (text: string, before: string[] = []) => [...before, text]);
  else command.option(flags, description);
}

function examples({ examples }: CommandRow, style: HelpStyle): string {
  const lines = examples.map(([line, does]) => (does ? `  ${line}\n      ${does}` : `      ${line}`));
  return ["", style.title("Examples:"), ...lines].join("\n");
}

/** Raw texts → values, collecting what is wrong with any of them. */
function readOptions(rows: Readonly<Record<string, OptionRow>>, raw: Record<string, unknown>) {
  const problems: Problem[] = [];
  const options: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(rows)) {
    const given = raw[key];
    if (!row.value) options[key] = given === true;
    else if (row.repeat)
      options[key] = ((given ?? []) as string[]).map((text) => readValue(key, row, text, problems));
    else options[key] = given === undefined ? null : readValue(key, row, String(given), problems);
  }
  const isGiven = (key: string) => raw[key] !== undefined;
  for (const [key, { conflicts = [], needs }] of Object.entries(rows).filter(([key]) => isGiven(key))) {
    for (const other of conflicts.filter(isGiven)) {
      problems.push({
        message: `${flagOf(key)} and ${flagOf(other)} exclude each other`,
        hint: "give one of them",
      });
    }
    if (needs && !isGiven(needs)) problems.push({ message: `${flagOf(key)} needs ${flagOf(needs)} as well` });
  }
  if (problems.length > 0) throw new UserError(exitCodes.usage, problems);
  return options;
}

function readValue(key: string, { value }: OptionRow, text: string, problems: Problem[]): unknown {
  try {
    return value?.parse(text);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    problems.push({
      message: `${flagOf(key)}: wrong value "${text}"`,
      expected: error.expected,
      hint: error.hint,
    });
    return undefined;
  }
}

function unknownCommand(name: string): UserError {
  const guess = nearest(name, Object.keys(commands));
  const hint = guess ? `did you mean ${guess}? See nnt --help` : "see nnt --help";
  return new UserError(exitCodes.usage, { message: `unknown command "${name}"`, hint });
}

/** commander's "error: unknown option '--see'\n(Did you mean --seed?)" in nnt's words. */
function usageError({ message }: CommanderError, argv: readonly string[]): UserError {
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const guess = /Did you mean (one of )?(.*)\?/.exec(rest.join(" "))?.[2];
  const command = argv.find((word) => Object.hasOwn(commands, word));
  const help = `nnt ${command ? `${command} ` : ""}--help`;
  return new UserError(exitCodes.usage, {
    message: first.replaceAll("'", '"'),
    hint: guess ? `did you mean ${guess}? See ${help}` : `see ${help}`,
  });
}

function sentenceCase(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function argumentTerm(argument: Argument): string {
  if (argument.variadic) return `${argument.name()} …`;
  return argument.required ? argument.name() : `[${argument.name()}]`;
}

function withoutBrackets(flags: string): string {
  return flags.replace(/<(.*)>$/, "$1");
}
