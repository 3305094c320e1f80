/** The sections on how the best model does on its rows: where it errs, how its scores rank, what the residuals are. */
import type { ClassDiagnosis, Diagnosis, LabelDiagnosis, NumberTarget } from "../../evaluate/findings.ts";
import { count, quantity } from "../text.ts";
import { type Html, html } from "./html.ts";
import { chart, section } from "./sections.ts";
import { percent } from "./verdict.ts";

export function diagnosisSections(diagnosis: Diagnosis): Html[] {
  switch (diagnosis.kind) {
    case "class":
      return [answers(diagnosis), mistakes(diagnosis), scores(diagnosis)];
    case "labels":
    case "classes": {
      const title = diagnosis.kind === "labels" ? "Label by label" : "Class by class";
      return [section("answers", title, ofSplit(diagnosis), [classTable(diagnosis)]), scores(diagnosis)];
    }
    case "numbers":
      return diagnosis.targets.map((target, index) => residuals(target, index, diagnosis));
  }
}

const ofSplit = ({ rows, split }: Pick<Diagnosis, "rows" | "split">) =>
  `The best model on the ${count(rows)} ${split} rows.`;

function answers(diagnosis: ClassDiagnosis & Diagnosis): Html {
  return section("answers", "Right and wrong", ofSplit(diagnosis), [
    html`<div class="grid wide-first">${diagnosis.confusion && confusionTable(diagnosis, diagnosis.confusion)}${classTable(diagnosis)}</div>`,
  ]);
}

/** Cells from here on are dark under light text; below, light under dark text: either can be read. */
const strongShare = 0.8;
const mostWeak = 0.55;

/** Mistakes are few: the root lets them be seen. */
function weakOpacity(kind: "right" | "wrong", share: number): number {
  const strength = kind === "right" ? share / strongShare : Math.min(1, 0.12 + 2 * Math.sqrt(share));
  return mostWeak * strength;
}

function confusionTable({ classes }: ClassDiagnosis, confusion: readonly (readonly number[])[]): Html {
  const totals = confusion.map((row) => row.reduce((sum, rows) => sum + rows, 0));
  const cell = (rows: number, actual: number, predicted: number) => {
    const share = rows / (totals[actual] || 1);
    const kind = actual === predicted ? "right" : "wrong";
    const isStrong = kind === "right" && share >= strongShare;
    const opacity = rows === 0 ? 0 : isStrong ? 0.9 + (share - strongShare) / 2 : weakOpacity(kind, share);
    const title = `${classes[actual]} taken for ${classes[predicted]}: ${count(rows)}, ${percent(share)}`;
    const shade = rows === 0 ? "none" : isStrong ? "strong" : "weak";
    return html`<td class="${kind} ${shade}" style="--s:${opacity.toFixed(3)}" title="${title}">${rows > 0 ? count(rows) : html`<span class="zero">0</span>`}</td>`;
  };
  const size = classes.length > 12 ? "small" : "";
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion ${size}"><caption>Confusion matrix <span>rows: true class, columns: prediction</span></caption>
<thead><tr><td></td>${classes.map((name) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead>
<tbody>${confusion.map(
    (row, actual) =>
      html`<tr><th scope="row">${classes[actual]!}</th>${row.map((rows, predicted) => cell(rows, actual, predicted))}</tr>`,
  )}</tbody></table></div>`;
}

/** More classes than this are told by those that do worst. */
const classesInTable = 50;

function classTable({ classes, perClass }: ClassDiagnosis | LabelDiagnosis): Html {
  const all = perClass.map((scores, c) => ({ ...scores, name: classes[c]! }));
  const isCut = all.length > classesInTable;
  const shown = isCut ? all.toSorted((a, b) => a.f1 - b.f1).slice(0, classesInTable) : all;
  const note = isCut ? `the ${classesInTable} of ${all.length} with the lowest F1` : "";
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Class by class"><table class="classes"><caption>Class by class <span>${note}</span></caption>
<thead><tr><th scope="col" class="text">class</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col">rows</th></tr></thead>
<tbody>${shown.map(
    ({ name, precision, recall, f1, support }) =>
      html`<tr><th scope="row" class="text">${name}</th>${[precision, recall, f1].map((share) => html`<td class="meter" style="--s:${share.toFixed(3)}">${share.toFixed(3)}</td>`)}<td>${count(support)}</td></tr>`,
  )}</tbody></table></div>`;
}

function mistakes({ wrong, classes, shape, split }: ClassDiagnosis & Diagnosis): Html {
  if (wrong.length === 0)
    return section("wrong", "Confidently wrong", `No wrong predictions on the ${split} rows.`, []);
  const lead = "The wrong predictions the model was most confident in: hard rows, or wrong labels.";
  if (shape) {
    const items = wrong.map(
      ({ row, actual, predicted, probability }) =>
        html`<li><canvas role="img" aria-label="record ${row}"></canvas><p><b>${classes[predicted]!}</b> ${percent(probability)}<br><span>is ${classes[actual]!} · #${row}</span></p></li>`,
    );
    return section("wrong", "Confidently wrong", lead, [
      html`<ul class="pictures examples" data-pictures="wrong">${items}</ul>`,
    ]);
  }
  return section("wrong", "Confidently wrong", lead, [
    html`<div class="scroll"><table><thead><tr><th scope="col">row</th><th scope="col" class="text">predicted</th><th scope="col">probability</th><th scope="col" class="text">true class</th></tr></thead><tbody>${wrong.map(
      ({ row, actual, predicted, probability }) =>
        html`<tr><th scope="row">${row}</th><td class="text">${classes[predicted]!}</td><td>${percent(probability)}</td><td class="text">${classes[actual]!}</td></tr>`,
    )}</tbody></table></div><p class="aside">Rows are counted from 0, in the order of the data file.</p>`,
  ]);
}

const whoseProbability = { class: "of the prediction", labels: "of a label", classes: "of a class" };

function scores({ curves, calibration, classes, kind }: (ClassDiagnosis | LabelDiagnosis) & Diagnosis): Html {
  if (curves.length === 0) return html``;
  const isBinary = kind === "class" && classes.length === 2;
  const whose = isBinary ? `of “${classes[1]}”` : whoseProbability[kind];
  const each = isBinary ? `“${classes[1]}” against “${classes[0]}”` : "each against the rest";
  const note = `Probability ${whose} against the observed fraction; on the diagonal it is calibrated. Expected calibration error ${calibration.error.toFixed(4)}.`;
  return section("scores", "Scores", "How well the probabilities rank, and whether they can be trusted.", [
    html`<div class="grid three">${chart("roc", "ROC", each)}${chart("pr", "Precision and recall", each)}${chart("calibration", "Calibration", note)}</div>`,
  ]);
}

function residuals({ name, sample, worst }: NumberTarget, index: number, diagnosis: Diagnosis): Html {
  const id = `residuals-${index}`;
  const sampled =
    sample.length < diagnosis.rows ? ` ${count(sample.length)} of them, evenly spaced, are drawn.` : "";
  return section(id, `${name}: residuals`, ofSplit(diagnosis) + sampled, [
    html`<div class="grid">${chart(`predicted:${index}`, "Predicted and true", "on the diagonal the prediction is right")}${chart(`residual:${index}`, "Residuals", "true − predicted, against the prediction: no pattern should be left")}${chart(`histogram:${index}`, "How large the residuals are", "rows by true − predicted")}
<div class="scroll"><table><caption>Largest errors</caption><thead><tr><th scope="col">row</th><th scope="col">true</th><th scope="col">predicted</th><th scope="col">true − predicted</th></tr></thead><tbody>${worst.map(
      ({ row, actual, predicted }) =>
        html`<tr><th scope="row">${row}</th><td>${quantity(actual)}</td><td>${quantity(predicted)}</td><td>${quantity(actual - predicted)}</td></tr>`,
    )}</tbody></table></div></div>`,
  ]);
}
