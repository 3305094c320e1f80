/** The spec's `track` section in canonical form: where else a run is told of, for other tools to show. */
import { z } from "zod";

export type TrackSpec = z.output<typeof trackSchema>;

const tensorboard = z.strictObject({}, "true, or {}");

const mlflow = z.strictObject(
  {
    directory: z
      .string("a folder")
      .min(1, "a folder")
      .nullable()
      .default(null)
      .describe("The file store. null: mlruns, beside the run's directory."),
    server: z
      .string("a server's address, such as http://127.0.0.1:5000")
      .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/, "a server's address, such as http://127.0.0.1:5000")
      .optional()
      .describe(
        "A tracking server that is told of the run, instead of a file store. MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN, say who asks.",
      ),
    experiment: z
      .string("a name")
      .min(1, "a name")
      .nullable()
      .default(null)
      .describe("The experiment that the run belongs to. null: the spec's name."),
  },
  "true, a server's address, or settings, such as { directory: mlruns, experiment: digits }",
);

/** Adding a tracker: one row here, one in src/track/trackers.ts. */
export const trackSchema = z
  .strictObject(
    {
      tensorboard: tensorboard.nullable().default(null).describe("Event files, in the run's directory."),
      mlflow: mlflow.nullable().default(null).describe("A file store in MLflow's format, or a server."),
    },
    "names of trackers, or their settings, such as { mlflow: { experiment: digits } }",
  )
  .describe("Other tools that record the run: tensorboard, mlflow.");
