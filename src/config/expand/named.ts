/** Shorthand of the sections that are a name with options: loss, init, optimizer, schedule. */
import { lossNames, lossOf } from "../../tasks/losses.ts";
import { formatPath, type Path } from "../paths.ts";
import { type Expansion, isMapping, type Mapping } from "./expansion.ts";

export interface Shorthand {
  /** The name when there is no section. */
  readonly absent?: string;
  /** The name of a mapping without one. */
  readonly defaultName?: string;
  /** Other names for the same thing. */
  readonly names?: Readonly<Record<string, string>>;
  /** Other spellings of options. */
  readonly options?: Readonly<Record<string, string>>;
}

export const namedSections = {
  loss: {
    names: Object.fromEntries(
      lossNames.flatMap((name) => (lossOf(name).aliases ?? []).map((alias) => [alias, name])),
    ),
  },
  init: { absent: "default" },
  optimizer: { absent: "adam", defaultName: "adam" },
  schedule: { options: { T_max: "t_max", T_0: "t_0", T_mult: "t_mult", anneal_strategy: "anneal" } },
} satisfies Record<string, Shorthand>;

export type NamedSection = keyof typeof namedSections;

/** `adam` → `{ name: adam }`, other names and spellings → ours. */
export function expandNamed(expansion: Expansion, section: NamedSection, raw: unknown): unknown {
  const isFile = section === "init" && isMapping(raw) && "from" in raw;
  const shorthand: Shorthand = namedSections[section];
  return expandOneNamed(
    expansion,
    [section],
    isFile ? { ...shorthand, defaultName: "file" } : shorthand,
    raw,
  );
}

/** The same of what stands at any path. */
export function expandOneNamed(
  expansion: Expansion,
  at: Path,
  { names = {}, options = {}, absent, defaultName }: Shorthand,
  raw: unknown,
): unknown {
  if (raw === undefined || raw === null) return absent === undefined ? null : { name: absent };
  if (typeof raw === "string") {
    expansion.came([...at, "name"], at);
    return { name: rename(names, raw) };
  }
  if (!isMapping(raw)) return raw;
  const expanded: Mapping = {};
  if (defaultName !== undefined && !("name" in raw)) expanded.name = defaultName;
  for (const [key, value] of Object.entries(raw)) {
    const option = rename(options, key);
    if (option !== key) expansion.came([...at, option], [...at, key]);
    if (option in expanded)
      expansion.report([...at, key], `${formatPath([...at, option])} is given twice`, "it only once", true);
    else expanded[option] = key === "name" && typeof value === "string" ? rename(names, value) : value;
  }
  return expanded;
}

const rename = (table: Readonly<Record<string, string>>, name: string) =>
  Object.hasOwn(table, name) ? table[name]! : name;
