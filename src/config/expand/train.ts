/** Defaults and shorthand of the `train` section. */
import { figureNames } from "../schema/metrics.ts";
import { isMapping, type Mapping } from "./expansion.ts";

/** Epochs when the spec names neither epochs nor steps. */
const defaultEpochs = 50;

export function expandTrain(raw: unknown): unknown {
  if (raw === undefined || raw === null) return { epochs: defaultEpochs };
  if (!isMapping(raw)) return raw;
  const expanded: Mapping = { epochs: raw.max_steps == null ? defaultEpochs : null, ...raw };
  for (const key of ["early_stopping", "target"]) {
    const section = raw[key];
    if (isMapping(section) && typeof section.metric === "string")
      expanded[key] = { ...section, metric: expandMetric(section.metric) };
  }
  if (isMapping(raw.checkpoint)) expanded.checkpoint = expandCheckpoint(raw.checkpoint);
  return expanded;
}

function expandCheckpoint(raw: Mapping): Mapping {
  const isTimed = raw.every_steps != null || raw.every_minutes != null;
  return isTimed || raw.every_epochs != null ? raw : { ...raw, every_epochs: 1 };
}

/** `accuracy`, and Keras's and Lightning's `val_accuracy` → `validation.accuracy`. */
export function expandMetric(written: string): string {
  const [, split = "validation", name = written] = /^(val|validation|train)[_.](.+)$/.exec(written) ?? [];
  return figureNames.includes(name) ? `${split === "train" ? split : "validation"}.${name}` : written;
}
