/** `import { train, load } from "nnt"`: what programs use of nnt, and all that they may rely on (docs/api.md). */
export type { DataInput, LayerInput, ModelInput, SpecInput } from "../config/specInput.ts";
export type { Summary } from "../evaluate/runSummary.ts";
export type {
  EndEvent,
  EpochEvent,
  NoteEvent,
  ProgressEvent,
  StartEvent,
  TrainEvent,
} from "../train/events.ts";
export {
  DataError,
  DivergedError,
  ModelError,
  NntError,
  type Problem,
  ResourceError,
  SpecError,
} from "./errors.ts";
export {
  type LoadSettings,
  load,
  type Model,
  type Prediction,
  type PredictSettings,
  type Row,
} from "./model.ts";
export { type Trained, type Training, type TrainSettings, train } from "./train.ts";
