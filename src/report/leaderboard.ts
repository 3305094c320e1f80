/** What a search came to: its trials, the best first, for people and as CSV. */
import type { ResultLine } from "../search/journal.ts";
import type { Point } from "../search/space.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { printable } from "./terminal.ts";
import { figure, time } from "./text.ts";

/** The first so many trials, a line each. */
export function drawLeaderboard(
  board: readonly ResultLine[],
  { metric, shown, style, width }: { metric: string; shown: number; style: Style; width: number },
): string[] {
  const all = pathsOf(board);
  const paths = all.slice(0, Math.max(1, Math.floor((width - roomOfResults) / (leastOfValues + 2))));
  const columns = [
    { title: "trial", align: "right" },
    { title: metric.replace(/^validation\./, ""), align: "right", least: 8 },
    { title: "epochs", align: "right" },
    { title: "time", align: "right" },
    ...shortNames(paths).map((title) => ({ title, align: "right", least: leastOfValues }) as const),
  ] as const;
  const rows = board
    .slice(0, shown)
    .map((result) => [
      String(result.trial),
      result.value === null ? result.state : figure(result.value),
      String(result.epoch ?? ""),
      time(result.seconds),
      ...paths.map((path) => valueText(result.point[path])),
    ]);
  const rest = board.length - shown;
  return [
    ...table(columns, rows, { width, title: style.dim }),
    ...(rest > 0 ? [style.dim(`and ${rest} more`)] : []),
    ...(paths.length < all.length ? [style.dim(`not shown: ${all.slice(paths.length).join(", ")}`)] : []),
  ];
}

/** Columns' widths: what a trial's number, result, epochs and time take; and the least for one of its values. */
const roomOfResults = 30;
const leastOfValues = 6;

/** All trials; nothing in it depends on how long they took or where they ran. */
export function leaderboardCsv(board: readonly ResultLine[], metric: string): string {
  const paths = pathsOf(board);
  const lines = board.map(({ trial, value, state, epoch, best_epoch, point }, index) => {
    const values = paths.map((path) => valueText(point[path]));
    return [index + 1, trial, value, state, epoch, best_epoch, ...values];
  });
  const header = ["rank", "trial", metric, "state", "epochs", "best_epoch", ...paths];
  return [header, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

/** `lr 0.0123  activation relu`. */
export function pointText(point: Point): string {
  const names = shortNames(Object.keys(point));
  return Object.values(point)
    .map((value, index) => `${names[index]} ${valueText(value)}`)
    .join("  ");
}

/** The last parts of paths, where they tell them apart. */
function shortNames(paths: readonly string[]): string[] {
  const last = paths.map((path) => path.split(".").at(-1)!);
  return paths.map((path, i) =>
    printable(last.indexOf(last[i]!) === last.lastIndexOf(last[i]!) ? last[i]! : path),
  );
}

function valueText(value: unknown): string {
  return typeof value === "string" ? printable(value) : JSON.stringify(value);
}

function pathsOf(board: readonly ResultLine[]): string[] {
  return [...new Set(board.flatMap(({ point }) => Object.keys(point)))];
}

function csvCell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
