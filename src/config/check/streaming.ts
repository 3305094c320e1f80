/** What needs all rows in memory, and so cannot be combined with `data.stream`. */
import type { Path } from "../paths.ts";
import type { CsvDataSpec, Spec } from "../schema.ts";
import type { Contradiction } from "./contradiction.ts";

export function* streaming(spec: Partial<Spec>): Iterable<Contradiction> {
  const { data } = spec;
  if (data?.format !== "csv" || !data.stream) return;
  for (const { path, is, what = "", why } of conflicts(data, spec)) {
    if (!is) continue;
    const message = `${path.join(".")}${what} ${why}, but data.stream keeps rows on disk`;
    yield { path, message, expected: "one of them" };
  }
}

function conflicts(data: CsvDataSpec, { train, optimizer }: Partial<Spec>) {
  const stdin = (["path", "train", "validation", "test"] as const).find((key) => data[key]?.includes("-"));
  const time = Object.entries(data.columns).find(([, { type }]) => type === "time");
  const found: readonly { path: Path; is: boolean; what?: string; why: string }[] = [
    { path: ["train", "folds"], is: train?.folds != null, why: "counts the rows of each fold" },
    { path: ["data", "split", "fold"], is: data.split.fold !== null, why: "counts the rows of each fold" },
    {
      path: ["data", "split", "stratify"],
      is: data.split.stratify === true,
      why: "counts the rows of each class",
    },
    { path: ["data", "columns", time?.[0] ?? ""], is: time !== undefined, why: "sorts all rows by time" },
    {
      path: ["data", stdin ?? "path"],
      is: stdin !== undefined,
      why: "is standard input, which is held in memory",
    },
    { path: ["optimizer"], is: optimizer?.name === "lbfgs", what: " lbfgs", why: "takes all rows at once" },
  ];
  return found;
}
