/** The server's interface as OpenAPI 3.1: what rows and answers of each model look like. */
import type { InputColumn, Preprocessing } from "../../data/preprocessing/preprocessing.ts";
import { elementNames } from "../../data/preprocessing/preprocessing.ts";
import { answersOf } from "../../tasks/tasks.ts";

type Json = Readonly<Record<string, unknown>>;

interface Described {
  readonly name: string;
  readonly preprocessing: Preprocessing;
}

/** @param models under `/predict` too, if there is only one */
export function openApiOf(models: readonly Described[], version: string): Json {
  const only = models.length === 1 ? models[0] : undefined;
  const paths = Object.fromEntries([
    ...(only ? [["/predict", predictPath(only)]] : []),
    ...models.map((model) => [`/models/${encodeURIComponent(model.name)}/predict`, predictPath(model)]),
    ["/health", get("Whether the server answers", { "application/json": { schema: { type: "object" } } })],
    ["/metrics", get("Counters for Prometheus", { "text/plain": { schema: { type: "string" } } })],
  ]);
  const info = { title: models.map(({ name }) => name).join(", "), version };
  return { openapi: "3.1.0", info, servers: [{ url: "/" }], paths, components: { schemas: { errors } } };
}

const errors = {
  type: "object",
  required: ["errors"],
  properties: {
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["message"],
        properties: {
          message: { type: "string" },
          expected: { type: "string" },
          hint: { type: "string" },
          line: { type: "integer", description: "The row's number, from 1; of CSV its line." },
          column: { type: "integer" },
        },
      },
    },
  },
};

const statuses = {
  400: "A wrong parameter",
  413: "A body that is too large",
  415: "A body of another type",
  422: "Rows that the model does not take",
  429: "Too much to do at once; try again",
  503: "The server is ending, or has no memory for more",
};

const parameters = [
  { name: "proba", schema: { type: "boolean" }, description: "Add the probability of each class." },
  { name: "top_k", schema: { type: "integer", minimum: 1 }, description: "Add the most probable classes." },
  {
    name: "interval",
    schema: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
    description: "Add what holds the truth with this probability.",
  },
  { name: "keep", schema: { type: "string" }, description: "Columns to pass through, or all." },
  {
    name: "on_error",
    schema: { enum: ["fail", "skip", "record"] },
    description: "What to do with a bad row.",
  },
].map((parameter) => ({ in: "query", ...parameter }));

function predictPath({ name, preprocessing }: Described): Json {
  const rows = rowSchema(preprocessing);
  const answers = answerSchema(preprocessing);
  const refusal = (description: string) => ({
    description,
    content: { "application/json": { schema: { $ref: "#/components/schemas/errors" } } },
  });
  return {
    post: {
      summary: `Predict with ${name}`,
      parameters,
      requestBody: { required: true, content: contents(rows) },
      responses: {
        200: { description: "An answer for each row, in their order", content: contents(answers) },
        ...Object.fromEntries(Object.entries(statuses).map(([status, what]) => [status, refusal(what)])),
      },
    },
  };
}

function contents(schema: Json): Json {
  return {
    "application/json": { schema: { oneOf: [schema, { type: "array", items: schema }] } },
    "application/x-ndjson": { schema },
    "text/csv": { schema: { type: "string" } },
  };
}

function rowSchema({ inputs }: Preprocessing): Json {
  if (inputs.kind === "array") {
    const names = elementNames(inputs.shape);
    return { type: "object", required: names, additionalProperties: { type: ["number", "null"] } };
  }
  return {
    type: "object",
    properties: Object.fromEntries(inputs.columns.map((column) => [column.name, cellSchema(column)])),
  };
}

function cellSchema(column: InputColumn): Json {
  const type =
    column.type === "number" ? "number" : column.type === "boolean" ? ["boolean", "string"] : "string";
  const mayMiss = column.fill === null ? [] : ["null"];
  const levels = column.type === "category" ? { examples: column.levels.slice(0, 20) } : {};
  return { type: [type, mayMiss].flat(), ...levels };
}

function answerSchema({ target }: Preprocessing): Json {
  const { names, classes } = answersOf(target);
  const prediction = (t: number): Json => {
    if (classes === null) return { type: "number" };
    return { type: ["string", "number", "boolean"], description: `One of ${classes[t]!.join(", ")}` };
  };
  const own = names.map((name, t) => [
    names.length === 1 ? "prediction" : `prediction_${name}`,
    prediction(t),
  ]);
  return { type: "object", required: own.map(([name]) => name), properties: Object.fromEntries(own) };
}

function get(summary: string, content: Json): Json {
  return { get: { summary, responses: { 200: { description: summary, content } } } };
}
