/**
 * What each part of a table's recipe brings: out-of-fold error (1 − R² or log loss) without the part over that with all,
 * on training files alone. `npm run bench:ablation -- [--epochs 64] [--seed 0] [--tables a,b] [--data FOLDER]
 * [--only PART,…] [--threads N]`; the folder is that of `bench:tables`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { recipes } from "../src/config/schema/recipes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(root, "../shared/data/tables") },
    // Small tables, of both tasks.
    tables: { type: "string", default: "auto_imports,german,abalone,phoneme,winequality-white" },
    epochs: { type: "string", default: "64" },
    seed: { type: "string", default: "0" },
    only: { type: "string" },
    threads: { type: "string", default: "2" },
    nnt: { type: "string", default: join(root, "bin/nnt.js") },
  },
});

type Mapping = Record<string, unknown>;
interface Recipe extends Mapping {
  data: Mapping;
  model: { layers: unknown[] };
  optimizer: { lr: number; betas?: number[]; groups?: Record<string, { lr?: number; decay?: number }> };
  train: Mapping & { anneal: Mapping };
  blend?: unknown[];
}
type Change = (recipe: Recipe) => void;

const isLayer = (layer: unknown, name: string) =>
  layer === name ||
  (typeof layer === "object" &&
    layer !== null &&
    (name in layer || ("type" in layer && layer.type === name)));
const withoutLayer =
  (name: string): Change =>
  ({ model }) => {
    model.layers = model.layers.filter((layer) => !isLayer(layer, name));
  };

/** An NTK layer's weights are its numbers over √256: Adam moves them by so much less. */
const ntk = 16;

const parts: Readonly<Record<string, Change>> = {
  "embeddings of numbers": withoutLayer("embed_numbers"),
  "scaling layer": withoutLayer("scale"),
  "NTK parametrization (rate of weights alike)": ({ model, optimizer }) => {
    model.layers = model.layers.map((layer) => {
      if (!isLayer(layer, "linear")) return layer;
      const { parametrization: _, ...plain } = layer as Mapping;
      return plain;
    });
    optimizer.lr /= ntk;
    for (const group of Object.values(optimizer.groups!)) group.lr = (group.lr ?? 1) * ntk;
  },
  "parametric activations": ({ model }) => {
    model.layers = model.layers.map((layer) =>
      isLayer(layer, "parametric") ? (layer as { parametric: string }).parametric : layer,
    );
  },
  "mish or selu (relu instead)": ({ model }) => {
    model.layers = model.layers.map((layer) =>
      isLayer(layer, "parametric") ? { parametric: "relu" } : layer,
    );
  },
  "smooth clipping": ({ data }) => {
    data.scale = "robust";
  },
  "robust scaling with smooth clipping (standard instead)": ({ data }) => {
    data.scale = "standard";
  },
  "coslog4 (one cosine instead)": (recipe) => {
    recipe.schedule = "cosine";
  },
  "any schedule of the rate": (recipe) => {
    recipe.schedule = null;
  },
  dropout: withoutLayer("dropout"),
  "schedule of dropout": ({ train: { anneal } }) => {
    delete anneal.dropout;
  },
  "schedule of weight decay": ({ train: { anneal } }) => {
    delete anneal.weight_decay;
  },
  "no label smoothing (0.1, falling)": (recipe) => {
    if (recipe.optimizer.lr > 0.1) return; // numbers have none
    recipe.loss = { name: "cross_entropy", label_smoothing: 0.1 };
    recipe.train.anneal.label_smoothing = "flat_cos";
  },
  "groups of parameters": ({ optimizer }) => {
    delete optimizer.groups;
  },
  "β₂ 0.95 (0.999 instead)": ({ optimizer }) => {
    delete optimizer.betas;
  },
};

/** Of tables-1, beside the blend of all. */
const networks: Readonly<Record<string, Change>> = {
  "network of faster cosines": (recipe) => {
    recipe.blend = recipe.blend!.slice(1);
  },
  "linear network": (recipe) => {
    recipe.blend = recipe.blend!.slice(0, 1);
  },
  "both, so realmlp-2 alone": (recipe) => {
    delete recipe.blend;
  },
};

/** As `init` writes it. */
const [fewRows, smallBatch] = [500, 32];

const folder = resolve(values.data);
const peers = JSON.parse(readFileSync(join(folder, "peers.json"), "utf8")) as Record<
  string,
  { readonly target: string; readonly rows: number; readonly xgboost: { readonly r2?: number } }
>;
const tables = values.tables.split(",");
const only = values.only?.split(",");

function errorOf(table: string, name: keyof typeof recipes, change: Change): number {
  const { target, rows, xgboost } = peers[table]!;
  const areNumbers = xgboost.r2 !== undefined;
  const recipe = structuredClone(recipes[name](areNumbers)) as Recipe;
  change(recipe);
  const spec = {
    ...recipe,
    name: table,
    seed: Number(values.seed),
    data: {
      ...recipe.data,
      path: join(folder, `${table}.train.csv.gz`),
      target,
      task: areNumbers ? "regression" : "classification",
    },
    train: {
      ...recipe.train,
      epochs: Number(values.epochs),
      drop_last: true,
      ...(rows < fewRows && { batch_size: smallBatch }),
    },
  };
  const work = mkdtempSync(join(tmpdir(), "nnt-ablation-"));
  try {
    const [file, run] = [join(work, "spec.json"), join(work, "run")];
    writeFileSync(file, JSON.stringify(spec));
    const argv = ["train", file, "--out", run, "--threads", values.threads, "--quiet"];
    const { status, stderr } = spawnSync(process.execPath, [values.nnt, ...argv], { encoding: "utf8" });
    if (status !== 0) throw new Error(`${table}: ${stderr}`);
    const summary = JSON.parse(readFileSync(join(run, "summary.json"), "utf8")) as {
      readonly metrics: { readonly out_of_fold: { readonly r2?: number; readonly log_loss?: number } };
    };
    const { r2, log_loss } = summary.metrics.out_of_fold;
    return areNumbers ? 1 - r2! : log_loss!;
  } finally {
    rmSync(work, { recursive: true });
  }
}

console.log(`| without | ${tables.join(" | ")} | mean |\n| --- |${" --: |".repeat(tables.length + 1)}`);
const row = (name: string, cells: readonly string[]) => console.log(`| ${name} | ${cells.join(" | ")} |`);
for (const [recipe, changes] of [
  ["realmlp-2", parts],
  ["tables-1", networks],
] as const) {
  const chosen = Object.entries(changes).filter(
    ([part]) => only?.some((word) => part.includes(word)) ?? true,
  );
  if (chosen.length === 0) continue;
  const whole = tables.map((table) => errorOf(table, recipe, () => {}));
  row(`nothing: error of ${recipe}`, [...whole.map((error) => error.toFixed(4)), ""]);
  for (const [part, change] of chosen) {
    const ratios = tables.map((table, at) => errorOf(table, recipe, change) / whole[at]!);
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio) / ratios.length, 0));
    row(
      part,
      [...ratios, mean].map((ratio) => ratio.toFixed(3)),
    );
  }
}
