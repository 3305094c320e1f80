/** `nnt completion`: the script that lets a shell complete nnt's command lines, written from the rows of the commands. */
import { type Command, type Context, defineCommand, flagOf } from "../command.ts";
import { debug } from "../options.ts";

export const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

export const command = defineCommand({
  argument: { name: "SHELL", help: "bash, zsh or fish", choices: shells },
  options: { debug },
  examples: [
    ["source <(nnt completion bash)", "in ~/.bashrc; likewise for zsh in ~/.zshrc, after compinit"],
    ["nnt completion fish > ~/.config/fish/completions/nnt.fish", "for fish"],
  ],
  async run({ out, commands }, shell) {
    await out.write(writers[shell as Shell](await loaded(commands)));
    return 0;
  },
});

function loaded(commands: Context["commands"]): Promise<Completed[]> {
  const rows = Object.entries(commands).map(async ([name, { summary, load }]) => ({
    ...(await load()).command,
    name,
    summary,
  }));
  return Promise.all(rows);
}

interface Completed extends Command {
  readonly name: string;
  readonly summary: string;
}

const optionsOf = ({ options }: Completed) =>
  Object.entries(options).map(([key, option]) => ({ flag: flagOf(key), ...option }));
const flagsOf = (row: Completed) => [...optionsOf(row).map(({ flag }) => flag), "--help"];

const writers = {
  bash: (rows) => `# nnt completion bash: add to ~/.bashrc:  source <(nnt completion bash)
_nnt() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${rows.map(({ name }) => name).join(" ")} help --help --version"
  else
    case "\${COMP_WORDS[1]} $before" in
${rows
  .flatMap((row) =>
    optionsOf(row)
      .filter(({ value }) => value)
      .map(({ flag, short, value }) => {
        const given = [flag, ...(short ? [`-${short}`] : [])]
          .map((word) => `"${row.name} ${word}"`)
          .join(" | ");
        const words = value!.choices ? `words="${value!.choices.join(" ")}"` : ":";
        return `      ${given}) ${words} ;;`;
      }),
  )
  .join("\n")}
      *)
        case "\${COMP_WORDS[1]}" in
${rows
  .map(
    (row) =>
      `          ${row.name}) words="${[...(row.argument?.choices ?? []), ...flagsOf(row)].join(" ")}" ;;`,
  )
  .join("\n")}
        esac
        ;;
    esac
  fi
  COMPREPLY=()
  while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -W "$words" -- "$word")
}
complete -o default -F _nnt nnt
`,
  zsh: (rows) => `#compdef nnt
# nnt completion zsh: add to ~/.zshrc, after compinit:  source <(nnt completion zsh)
_nnt() {
  local -a commands
  commands=(
${rows.map(({ name, summary }) => `    ${quoted(`${name.replaceAll(":", "\\:")}:${summary}`)}`).join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${rows.map((row) => `    ${row.name}) _arguments ${zshArguments(row).map(quoted).join(" ")} ;;`).join("\n")}
  esac
}
compdef _nnt nnt
`,
  fish: (rows) => `# nnt completion fish: nnt completion fish > ~/.config/fish/completions/nnt.fish
${rows
  .flatMap((row) => [
    `complete -c nnt -n __fish_use_subcommand -f -a ${row.name} -d ${quoted(row.summary)}`,
    ...(row.argument?.choices
      ? [
          `complete -c nnt -n '__fish_seen_subcommand_from ${row.name}' -f -a '${row.argument.choices.join(" ")}'`,
        ]
      : []),
    ...optionsOf(row).map(({ flag, short, value, help }) => {
      const letter = short ? ` -s ${short}` : "";
      const words = value?.choices ? ` -f -a '${value.choices.join(" ")}'` : "";
      const needs = value ? ` -r${words}` : "";
      return `complete -c nnt -n '__fish_seen_subcommand_from ${row.name}' -l ${flag.slice(2)}${letter}${needs} -d ${quoted(help)}`;
    }),
  ])
  .join("\n")}
`,
} satisfies Record<Shell, (rows: readonly Completed[]) => string>;

/** `_arguments` specs; square brackets and colons mean something in them. */
function zshArguments(row: Completed): string[] {
  const escaped = (text: string) => text.replaceAll(/[[\]:\\]/g, "\\$&");
  const options = optionsOf(row).flatMap(({ flag, short, value, help, repeat }) => {
    const values = value?.choices ? `(${value.choices.join(" ")})` : "_files";
    const argument = value ? `:${escaped(value.placeholder)}:${values}` : "";
    const names = [flag, ...(short ? [`-${short}`] : [])];
    return names.map((name) => `${repeat ? "*" : ""}${name}[${escaped(help)}]${argument}`);
  });
  if (!row.argument) return options;
  const values = row.argument.choices ? `(${row.argument.choices.join(" ")})` : "_files";
  return [...options, `2:${escaped(row.argument.name)}:${values}`];
}

/** One word for the shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
