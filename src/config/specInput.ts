/** A spec as a program writes it: the short forms that people write, as types. What they mean is for expand/ to say. */
import type { z } from "zod";
import type { LossName } from "../tasks/losses.ts";
import type { calibrationSchema } from "./schema/calibration.ts";
import type {
  columnSchema,
  csvDataSchema,
  idxDataSchema,
  npyDataSchema,
  splitSchema,
} from "./schema/data.ts";
import type { lossSchema } from "./schema/loss.ts";
import type {
  activationSchema,
  initSchema,
  LayerType,
  layerSchema,
  shortModelSchema,
} from "./schema/model.ts";
import type { optimizerSchema } from "./schema/optimizer.ts";
import type { recipeNames } from "./schema/recipes.ts";
import type { scheduleSchema } from "./schema/schedule.ts";
import type { searchSchema } from "./schema/search.ts";
import type { trackSchema } from "./schema/track.ts";
import type { trainSchema } from "./schema/train.ts";

/** As the reference of the spec has it (docs/reference/spec.md). */
export interface SpecInput {
  readonly name?: string;
  readonly recipe?: (typeof recipeNames)[number] | null;
  readonly seed?: number;
  readonly data: DataInput;
  readonly model?: ModelInput;
  readonly loss?: LossName | z.input<typeof lossSchema> | null;
  readonly init?: Named<z.input<typeof initSchema>> | { readonly from: string };
  readonly optimizer?: Named<z.input<typeof optimizerSchema>>;
  readonly schedule?: Named<z.input<typeof scheduleSchema>> | null;
  readonly train?: Partial<z.input<typeof trainSchema>>;
  readonly track?: Tracker | readonly Tracker[] | { readonly [name in Tracker]?: object | boolean };
  readonly calibration?: z.input<typeof calibrationSchema> | null;
  readonly search?: z.input<typeof searchSchema> | null;
}

type Named<Row extends { readonly name: string }> = Row["name"] | Row;

type Tracker = keyof z.input<typeof trackSchema>;

type Texts = string | readonly string[];

export type DataInput =
  | Changed<
      z.input<typeof csvDataSchema>,
      {
        path?: Texts;
        train?: Texts;
        validation?: Texts;
        test?: Texts;
        target: Texts;
        classes?: readonly (string | number | boolean)[];
        columns?: { readonly [name: string]: ColumnInput };
        stream?: boolean | { readonly buffer_mb?: number };
      }
    >
  | Changed<z.input<typeof idxDataSchema>, object>
  | Changed<z.input<typeof npyDataSchema>, object>;

/** All but the changed ones as the schema has them, none of them needed but the files. */
type Changed<Schema, Changes> = Omit<Partial<Schema>, keyof Changes | "split"> &
  Readonly<Changes> & { readonly split?: Partial<z.input<typeof splitSchema>> | null };

type ColumnFields = z.input<typeof columnSchema>;
type ColumnInput =
  | NonNullable<ColumnFields["type"]>
  | (Omit<ColumnFields, "missing"> & { readonly missing?: ColumnFields["missing"] | number });

/** A layer's name, its long form, or its name with what it takes: `{ linear: 64 }`. */
export type LayerInput =
  | LayerType
  | z.input<typeof layerSchema>
  | { readonly [type in LayerType]?: number | string | object | null };

type ShortModel = z.input<typeof shortModelSchema>;

export type ModelInput =
  | (Omit<ShortModel, "activation"> & { readonly activation?: LayerInput | z.input<typeof activationSchema> })
  | { readonly layers: readonly LayerInput[] };
