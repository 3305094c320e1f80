/** The section on the table that a run was trained on: what each of its columns holds. */
import type { ReportData } from "../../run/reportData.ts";
import { count, quantity } from "../text.ts";
import { type Html, html } from "./html.ts";
import { section } from "./sections.ts";

type Column = NonNullable<ReportData["profile"]>["columns"][number];

export function dataProfile({ profile }: ReportData): Html {
  if (!profile) return html``;
  const { columns, count: all } = profile;
  const cut = columns.length < all ? ` The first ${columns.length} of ${all} columns.` : "";
  return section("columns", "Data", `Every column as it is in the file, all splits together.${cut}`, [
    html`<div class="scroll" tabindex="0" role="region" aria-label="Columns"><table class="profile"><thead><tr><th scope="col" class="text">column</th><th scope="col" class="text">used as</th><th scope="col">missing</th><th scope="col">distinct</th><th scope="col" class="text">values</th><th scope="col" class="text">range, or most frequent</th></tr></thead><tbody>${columns.map(row)}</tbody></table></div>`,
  ]);
}

function row(column: Column): Html {
  const { name, type, missing, distinct, distinctIsLeast, numbers, top } = column;
  const bars = numbers?.histogram ?? top?.map(({ rows }) => rows) ?? [];
  return html`<tr><th scope="row" class="text">${name}</th><td class="text">${type}</td><td>${missing > 0 ? html`<b>${count(missing)}</b>` : html`<span class="zero">0</span>`}</td><td>${distinctIsLeast ? "≥ " : ""}${count(distinct)}</td><td class="text">${histogram(bars)}</td><td class="text">${valuesOf(column)}</td></tr>`;
}

function valuesOf({ numbers, top, distinct }: Column): string {
  if (numbers)
    return `${quantity(numbers.min)} … ${quantity(numbers.max)}, mean ${quantity(numbers.mean)}, deviation ${quantity(numbers.deviation)}`;
  const told = (top ?? []).map(({ text, rows }) => `${text} (${count(rows)})`).join(", ");
  return distinct > (top?.length ?? 0) ? `${told}, …` : told;
}

const bar = { width: 9, gap: 1, height: 22 };

/** Counts as bars of a picture; what they say stands beside it. */
function histogram(counts: readonly number[]): Html {
  const most = Math.max(1, ...counts);
  const width = counts.length * (bar.width + bar.gap);
  return html`<svg class="spark" width="${width}" height="${bar.height}" viewBox="0 0 ${width} ${bar.height}" aria-hidden="true">${counts.map(
    (rows, index) => {
      const height = rows === 0 ? 0 : Math.max(1, (rows / most) * bar.height);
      return html`<rect x="${index * (bar.width + bar.gap)}" y="${(bar.height - height).toFixed(1)}" width="${bar.width}" height="${height.toFixed(1)}"/>`;
    },
  )}</svg>`;
}
