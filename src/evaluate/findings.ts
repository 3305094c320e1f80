/** What an evaluation finds out about a model: plain data of bounded size, however large the data and the network. */

import type { ClassScores } from "../metrics/confusion.ts";
import type { CalibrationBin } from "../metrics/reliability.ts";
import type { Curves } from "../metrics/scoreCurves.ts";

/** The first layer's weights. */
export type FirstLayer =
  /** The units with the largest weights first: −127 … 127 per pixel, base64. */
  | {
      readonly kind: "images";
      readonly shape: Shape;
      readonly units: number;
      readonly images: readonly string[];
    }
  /** The norm of each input's column of W, the largest first. */
  | {
      readonly kind: "inputs";
      readonly inputs: number;
      readonly norms: readonly (readonly [string, number])[];
    };

export type Shape = readonly [height: number, width: number];

/** How the best model does on one split. */
export type Diagnosis = {
  readonly split: string;
  readonly rows: number;
} & (ClassDiagnosis | LabelDiagnosis | NumberDiagnosis);

interface Scored {
  readonly perClass: readonly ClassScores[];
  /** For each class or label against the rest, or only the second of two classes; the most frequent ones. */
  readonly curves: readonly ScoreCurve[];
  readonly calibration: { readonly bins: readonly CalibrationBin[]; readonly error: number };
}

export interface ClassDiagnosis extends Scored {
  readonly kind: "class";
  readonly classes: readonly string[];
  /** Row = true class, column = predicted; null for more classes than a page can show. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** The wrong predictions with the highest confidence. */
  readonly wrong: readonly WrongRow[];
  readonly shape: Shape | null;
}

/** With several targets of classes, every class of each target is a label: `species=Adelie`. */
export interface LabelDiagnosis extends Scored {
  readonly kind: "labels" | "classes";
  readonly classes: readonly string[];
}

export interface NumberDiagnosis {
  readonly kind: "numbers";
  readonly targets: readonly NumberTarget[];
}

export interface ScoreCurve extends Curves {
  readonly name: string;
}

export interface WrongRow {
  /** Its number in the table, from 0. */
  readonly row: number;
  readonly actual: number;
  readonly predicted: number;
  readonly probability: number;
  /** Bytes 0 … 255, base64. */
  readonly image?: string;
}

export interface NumberTarget {
  readonly name: string;
  /** Evenly spaced rows, in the data's own units. */
  readonly sample: readonly NumberRow[];
  /** Rows with the largest errors. */
  readonly worst: readonly NumberRow[];
}

export interface NumberRow {
  readonly row: number;
  readonly actual: number;
  readonly predicted: number;
}
