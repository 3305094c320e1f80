/**
 * Makes `churn.csv`: customers who leave or stay, as a company's export has them, dirty on purpose, for tests.
 * Invented, not collected: who leaves follows the rule below, and the dirt is drawn, too. The same bytes every time:
 * `npx tsx data/make-churn.ts`.
 */
import { writeFileSync } from "node:fs";
import { randomNormal, randomUniform, streamKey } from "../src/support/random.ts";

const SEED = 7;
const key = streamKey(SEED, "split");
let drawn = 0;
const uniform = (from = 0, to = 1) => from + (to - from) * randomUniform(key, drawn++);
const normal = () => randomNormal(key, drawn++);
const chance = (share: number) => uniform() < share;
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(uniform() ** 1.6 * items.length)]!;

const plans = ["basic", "standard", "premium", "family", "student", "legacy-2009", "staff"];
const cities = ["Berlin", "Hamburg", "München", "Köln", "Frankfurt", "Leipzig", "Bremen", "Essen", "Dresden"];
const towns = Array.from({ length: 40 }, (_, index) => `Town ${index + 1}`);

/** One customer; the rule for leaving is known because it stands here. */
function customer(id: number): string {
  const age = Math.round(Math.min(90, Math.max(18, 44 + 15 * normal())));
  const income = Math.round(Math.exp(10.3 + 0.9 * normal()));
  const plan = pick(plans);
  const tenure = Math.floor(uniform(0, 96));
  const calls = Math.floor(-2 * Math.log(1 - uniform(0, 0.999)));
  const usesApp = chance(0.6);
  const logit =
    -2.9 +
    0.7 * calls -
    0.035 * tenure +
    (plan === "basic" ? 0.9 : 0) -
    (usesApp ? 1 : 0) +
    (age < 30 ? 0.8 : 0);
  const leaves = chance(1 / (1 + Math.exp(-logit)));
  return [
    `C-${100_000 + id}`,
    chance(0.06) ? pick(["", "NA", "?"]) : age,
    chance(0.15) ? "" : income,
    chance(0.02) ? "N/A" : plan,
    chance(0.3) ? pick(towns) : pick(cities),
    tenure,
    // A value that a hand-written export has instead of nothing.
    chance(0.03) ? "unknown" : calls,
    usesApp ? "yes" : "no",
    "EUR",
    chance(0.85) ? "" : `"10 % off, ""spring"""`,
    leaves ? "left" : "stayed",
  ].join(",");
}

const header = "customer,age,income,plan,city,months,support_calls,uses_app,currency,voucher,status";
const rows = Array.from({ length: 5000 }, (_, id) => customer(id));
// Exports that were joined twice hold rows twice.
for (let copy = 0; copy < 25; copy++) rows.push(rows[Math.floor(uniform(0, 4000))]!);
const kept = [...rows.slice(0, 4000), ...rows.slice(5000)];
writeFileSync(new URL("churn.csv", import.meta.url), `${[header, ...kept].join("\n")}\n`);
