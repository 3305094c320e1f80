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
        .describe("Divide logits by the temperature that maximises the likelihood of the validation rows."),
      threshold: choice(thresholdMetrics)
        .nullable()
        .default(null)
        .describe(
          "Predict yes above the probability that optimises this metric: for the second of two classes, or for each label.",
        ),
      conformal: flag()
        .default(true)
        .describe("Store the errors on validation rows, for predict --interval without the data."),
    },
    "calibration's settings, such as { temperature: true, threshold: f1_macro }",
  )
  .describe(
    "What is calibrated on the validation rows after training, and stored in the model. null: nothing.",
  );
