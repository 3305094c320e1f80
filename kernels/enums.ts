/**
 * Writes kernels/enums.h: what the commands spell as numbers, from the tables of src/engine. `npm run build:native` and
 * `npm run build:wasm` call it first.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { activationNames } from "../src/engine/activations.ts";
import { elementaryNames, ops, ruleNames, starts } from "../src/engine/fast/encoders.ts";
import { totalCells } from "../src/engine/matrix.ts";
import { rules } from "../src/engine/optimizers.ts";
import { linkNames, lossNames, lossOf } from "../src/tasks/losses.ts";

/** batchNorm → batch_norm. */
const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const upper = (name: string) => snake(name).toUpperCase();

function enumeration(name: string, constants: readonly string[]): string {
  return `enum ${name} {\n${constants.map((constant) => `\t${constant},\n`).join("")}};\n`;
}

/** A list of names as a macro that hands each of them to another. */
function each(macro: string, entries: readonly string[]): string {
  return `#define ${macro}(run) \\\n${entries.map((entry) => `\trun(${entry})`).join(" \\\n")}\n`;
}

const { count, ...cells } = totalCells;
/** Losses that look at one output and its target at a time. */
const elementwise = lossNames.filter((name) => {
  const { learns, outputsPerTarget = 1 } = lossOf(name);
  return learns !== "classes" && outputsPerTarget === 1;
});

/** The text of kernels/enums.h. */
export function enumsHeader(): string {
  return `/* Written by kernels/enums.ts from the tables of src/. */
/* clang-format off */
#ifndef NNT_ENUMS_H
#define NNT_ENUMS_H

${[
  enumeration(
    "op",
    ops.map((op) => `OP_${upper(op)}`),
  ),
  each(
    "EACH_OP",
    ops.map((op) => `OP_${upper(op)}, ${snake(op)}`),
  ),
  enumeration(
    "start",
    starts.map((start) => `START_${upper(start)}`),
  ),
  enumeration("activation", activationNames.map(upper)),
  each("EACH_ACTIVATION", activationNames.map(upper)),
  enumeration("loss_rule", lossNames.map(upper)),
  each("EACH_ELEMENTWISE_LOSS", elementwise.map(upper)),
  enumeration(
    "total",
    Object.entries(cells).map(([cell, at]) => `TOTAL_${upper(cell)} = ${at}`),
  ),
  enumeration(
    "average",
    linkNames.map((average) => `${upper(average)}_MEAN`),
  ),
  enumeration("optimizer_rule", ruleNames.map(upper)),
  each(
    "EACH_RULE",
    ruleNames.map((rule) => `${upper(rule)}, ${snake(rule)}`),
  ),
  "/* The scalars of each rule. */\n",
  ...ruleNames.map((rule) =>
    enumeration(
      `${rule}_scalar`,
      rules[rule].scalars.map((scalar) => `${upper(rule)}_${upper(scalar)}`),
    ),
  ),
  enumeration("elementary", elementaryNames.map(upper)),
].join("\n")}
#endif
`;
}

const path = fileURLToPath(new URL("enums.h", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, enumsHeader());
