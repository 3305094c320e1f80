/** The spec's `calibration` section in canonical form: what is fitted on the validation rows after training. */
import { z } from "zod";
import { type MetricName, thresholdMetricsOf } from "../../metrics/metrics.ts";
import { choice, flag } from "./fields.ts";

export type CalibrationSpec = z.output<typeof calibrationSchema>;

const thresholdMetrics = thresholdMetricsOf("class") as [MetricName, ...MetricName[]];

export const calibrationSchema = z
  .strictObject(
    {
      temperature: flag()
        .default(false)
        .describe("Divide logits by the number that makes the validation rows likeliest."),
      threshold: choice(thresholdMetrics)
        .nullable()
        .default(null)
        .describe(
          "Say yes above the probability that makes this metric best: of the second of two classes, or of each label.",
        ),
      conformal: flag()
        .default(true)
        .describe("Keep how far off the model was, for predict --interval without the data."),
    },
    "calibration's settings, such as { temperature: true, threshold: f1_macro }",
  )
  .describe("What is fitted on the validation rows after training, stored in the model. null: nothing.");
