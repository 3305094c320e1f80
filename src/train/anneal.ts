/** Factors that follow a curve over a run: on dropout, weight decay and label smoothing. */
import type { Spec } from "../config/schema.ts";
import { shareCurves } from "./schedules.ts";

/** 1: as the spec says. */
export interface Annealed {
  readonly dropout: number;
  readonly weight_decay: number;
  readonly label_smoothing: number;
}

/** The factors of update number `step`, from 0, of `totalSteps`. */
export function annealed({ train: { anneal = {} } }: Spec, totalSteps: number): (step: number) => Annealed {
  return (step) => {
    const at = (name: keyof Annealed) => {
      const curve = anneal[name];
      return curve ? shareCurves[curve](step / totalSteps) : 1;
    };
    return {
      dropout: at("dropout"),
      weight_decay: at("weight_decay"),
      label_smoothing: at("label_smoothing"),
    };
  };
}
