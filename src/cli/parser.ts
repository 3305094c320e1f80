/** From argv to a command with typed options, by commander. Loads the command that is named and no other, and runs none. */
import { CommanderError, Command as Parser } from "commander";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import {
  type ArgumentRow,
  type Command,
  type CommandRow,
  flagOf,
  type OptionRow,
  type OptionRows,
} from "./command.ts";
import { WrongValue } from "./values.ts";

/** What the command line asks for: a command to run, or a text to print. */
export type Request =
  | {
      readonly name: string;
      readonly command: Command;
      /** The first one. */
      readonly argument: string;
      readonly all: readonly string[];
      readonly options: Record<string, unknown>;
    }
  | { readonly print: string };

export interface Program {
  readonly commands: Readonly<Record<string, CommandRow>>;
  readonly version: string;
}

export interface HelpStyle {
  readonly columns: number;
  readonly title: (text: string) => string;
}

/**
 * `nnt help train` is another way to write `nnt train --help`. Throws a usage error with every wrong option value
 * at once; unknown names come with the nearest.
 */
export async function parse(argv: readonly string[], program: Program, style: HelpStyle): Promise<Request> {
  const asksForHelp = argv.length === 0 || argv[0] === "help";
  const words = asksForHelp ? [...argv.slice(1), "--help"] : argv;
  const name = words.find((word) => !word.startsWith("-"));
  const printed: string[] = [];
  const root = rootParser(program.version, style, printed);
  let request: Request | undefined;
  let meant: () => string | null = () => null;
  if (name === undefined) {
    for (const [name, { summary }] of Object.entries(program.commands)) root.command(name).summary(summary);
  } else {
    const row = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
    if (!row) throw unknownCommand(name, Object.keys(program.commands));
    const { command } = await row.load();
    const parser = addCommand(root.command(name), row.summary, command, style);
    parser.action((...given) => {
      request = requestOf(name, command, given[0] as string | string[] | undefined, given.at(-1) as Parser);
    });
    meant = () => meantBy(name, parser.args, command);
  }
  try {
    root.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const hint = error.code === "commander.excessArguments" ? meant() : null;
    if (error.exitCode !== 0) throw usageError(error, name, hint);
  }
  return request ?? { print: printed.join("") };
}

function rootParser(version: string, style: HelpStyle, printed: string[]): Parser {
  return new Parser("nnt")
    .description("Trains neural networks: one spec file in, a model, its metrics and a report out.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help; nnt COMMAND --help prints a command's")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => printed.push(text),
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => style.columns,
      getOutHasColors: () => true,
    })
    .configureHelp({
      styleTitle: style.title,
      minWidthToWrap: 20,
      optionTerm: ({ flags }) => withoutBrackets(flags),
      subcommandTerm: (command) => command.name(),
    })
    .addHelpText("after", `\n${style.title("Start with:")}\n  nnt train configs/digits.yaml`);
}

function addCommand(parser: Parser, summary: string, command: Command, style: HelpStyle): Parser {
  parser.summary(summary).description(sentenceCase(summary));
  if (command.argument) parser.argument(argumentForm(command.argument), command.argument.help);
  for (const [key, option] of Object.entries(command.options)) addOption(parser, key, option);
  parser.addHelpText("after", examples(command, style));
  return parser.helpOption("-h, --help", "print this help");
}

function argumentForm({ name, fallback, many }: ArgumentRow): string {
  if (many) return `<${name}...>`;
  return fallback === undefined ? `<${name}>` : `[${name}]`;
}

function addOption(parser: Parser, key: string, { short, value, repeat, help }: OptionRow): void {
  const description = value?.choices ? `${help}: ${value.choices.join(", ")}` : help;
  const flags = `${short ? `-${short}, ` : ""}${flagOf(key)}${value ? ` <${value.placeholder}>` : ""}`;
  if (repeat) parser.option(flags, description, (text: string, before: string[] = []) => [...before, text]);
  else parser.option(flags, description);
}

function examples({ examples }: Command, style: HelpStyle): string {
  const lines = examples.map(([line, does]) => (does ? `  ${line}\n      ${does}` : `      ${line}`));
  return ["", style.title("Examples:"), ...lines].join("\n");
}

function requestOf(
  name: string,
  command: Command,
  given: string | string[] | undefined,
  parser: Parser,
): Request {
  const { argument } = command;
  const all = argument ? [given ?? argument.fallback].flat().map(String) : [];
  const problems: Problem[] = [];
  if (argument?.choices) for (const text of all) checkChoice(argument, text, problems);
  const options = readOptions(command.options, parser.opts(), problems);
  if (problems.length > 0) throw new UserError(exitCodes.usage, problems);
  return { name, command, argument: all[0] ?? "", all, options };
}

function checkChoice({ name, choices = [] }: ArgumentRow, text: string, problems: Problem[]): void {
  if (choices.includes(text)) return;
  const guess = nearest(text, choices);
  const expected = `one of ${choices.join(", ")}`;
  problems.push({
    message: `wrong ${name} "${text}"`,
    expected,
    hint: guess && `did you mean ${guess}?`,
  });
}

/** Raw texts → values, collecting what is wrong with any of them. */
function readOptions(rows: OptionRows, raw: Record<string, unknown>, problems: Problem[]) {
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
        message: `${flagOf(key)} and ${flagOf(other)} cannot be used together`,
        hint: "give only one of them",
      });
    }
    if (needs && !isGiven(needs)) problems.push({ message: `${flagOf(key)} needs ${flagOf(needs)}` });
  }
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

function unknownCommand(name: string, known: readonly string[]): UserError {
  const guess = nearest(name, known);
  const hint = guess ? `did you mean ${guess}? See nnt --help` : "see nnt --help";
  return new UserError(exitCodes.usage, { message: `unknown command "${name}"`, hint });
}

/** commander's "error: unknown option '--see'\n(Did you mean --seed?)" in nnt's words. */
function usageError(
  { message }: CommanderError,
  command: string | undefined,
  meant: string | null,
): UserError {
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const guess = /Did you mean (one of )?(.*)\?/.exec(rest.join(" "))?.[2];
  const help = `nnt ${command ? `${command} ` : ""}--help`;
  return new UserError(exitCodes.usage, {
    message: first.replaceAll("'", '"'),
    hint: meant ?? (guess ? `did you mean ${guess}? See ${help}` : `see ${help}`),
  });
}

/** The command line that a second argument was meant for, where there is one. */
function meantBy(name: string, args: readonly string[], { argument }: Command): string | null {
  const [first, second] = args;
  if (argument?.second === undefined || second === undefined) return null;
  return `nnt ${name} ${first} ${flagOf(argument.second)} ${second}`;
}

function sentenceCase(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function withoutBrackets(flags: string): string {
  return flags.replace(/<(.*)>$/, "$1");
}
