/** A run told to an MLflow server: every request is checked against the documented fields, types and limits. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { folder, nnt, put } from "../cli/program.ts";

const root = folder();
const rows = Array.from({ length: 40 }, (_, row) => `${(row * 7) % 37},${row % 3 ? "odd" : "even"}`);

/** Keys: letters, digits, `_`, `-`, `.`, spaces and `/`, at most 250; int64 as numbers; doubles that are none as words. */
const key = z
  .string()
  .max(250)
  .regex(/^[\w./ -]+$/);
const int64 = z.int().nonnegative();
const metric = z.strictObject({
  key,
  value: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
  timestamp: int64,
  step: int64,
});
const tag = z.strictObject({ key, value: z.string().max(5000) });
const status = z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);
const bodies = {
  "experiments/create": z.strictObject({ name: z.string().min(1) }),
  "runs/create": z.strictObject({
    experiment_id: z.string(),
    run_name: z.string(),
    start_time: int64,
    tags: z.array(tag).max(100),
  }),
  "runs/update": z.strictObject({ run_id: z.string(), status, end_time: int64.optional() }),
  "runs/log-batch": z.strictObject({
    run_id: z.string(),
    metrics: z.array(metric).max(1000).optional(),
    params: z
      .array(z.strictObject({ key, value: z.string().max(6000) }))
      .max(100)
      .optional(),
    tags: z.array(tag).max(100).optional(),
  }),
  "runs/search": z.strictObject({
    experiment_ids: z.array(z.string()).min(1),
    filter: z.string().regex(/^tags\."nnt\.run" = '[0-9a-f]{32}'$/),
    max_results: z.int().max(50_000),
    order_by: z.array(z.string()),
  }),
};
type Path = keyof typeof bodies;
type Body<Of extends Path> = z.output<(typeof bodies)[Of]>;

interface Run extends Body<"runs/create"> {
  readonly run_id: string;
  status: string;
  readonly metrics: z.output<typeof metric>[];
  readonly params: Map<string, string>;
}

let experiments: Map<string, string>;
let runs: Run[];
let files: Map<string, Buffer>;
let faults: string[];
let asked: string[];
let headers: IncomingMessage["headers"][];
let server: Server;
let address = "";

beforeAll(async () => {
  put(root, { "table.csv": `a,y\n${rows.join("\n")}\n` });
  server = createServer(async (request, response) => {
    const [code, answer] = await answerTo(request).catch((error) => {
      faults.push(`${request.method} ${request.url}: ${error}`);
      return [400, { error_code: "INVALID_PARAMETER_VALUE", message: String(error) }] as const;
    });
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

beforeEach(() => {
  [experiments, runs, files, faults, asked, headers] = [new Map(), [], new Map(), [], [], []];
});

async function answerTo(request: IncomingMessage): Promise<readonly [number, object]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const content = Buffer.concat(chunks);
  const url = new URL(request.url!, "http://server");
  headers.push(request.headers);
  const file = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.+)$/.exec(url.pathname)?.[1];
  if (file !== undefined && request.method === "PUT") {
    files.set(file, content);
    return [200, {}];
  }
  const path = url.pathname.replace("/api/2.0/mlflow/", "");
  asked.push(path);
  if (path === "experiments/get-by-name" && request.method === "GET") {
    const id = experiments.get(z.string().parse(url.searchParams.get("experiment_name")));
    if (id === undefined) return [404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: "none" }];
    return [200, { experiment: { experiment_id: id } }];
  }
  expect([request.method, request.headers["content-type"]]).toEqual(["POST", "application/json"]);
  expect(content.length).toBeLessThanOrEqual(1e6);
  const body: unknown = JSON.parse(content.toString());
  return answers[path as Path](bodies[path as Path].parse(body) as never);
}

const infoOf = ({ run_id, experiment_id, metrics, status }: Run) => ({
  info: {
    run_id,
    experiment_id,
    status,
    artifact_uri: `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`,
  },
  data: { metrics: [...new Map(metrics.map((one) => [one.key, one])).values()] },
});

function runOf(id: string): Run {
  const run = runs.find(({ run_id }) => run_id === id);
  if (!run) throw new Error(`no run ${id}`);
  return run;
}

const answers: { [Of in Path]: (body: Body<Of>) => readonly [number, object] } = {
  "experiments/create"({ name }) {
    experiments.set(name, String(experiments.size + 1));
    return [200, { experiment_id: experiments.get(name) }];
  },
  "runs/create"(body) {
    const run = { ...body, run_id: `run${runs.length}`, status: "RUNNING", metrics: [], params: new Map() };
    runs.push(run);
    return [200, { run: infoOf(run) }];
  },
  "runs/update"({ run_id, status }) {
    runOf(run_id).status = status;
    return [200, { run_info: {} }];
  },
  "runs/log-batch"({ run_id, metrics = [], params = [] }) {
    const run = runOf(run_id);
    run.metrics.push(...metrics);
    for (const { key, value } of params) {
      if ((run.params.get(key) ?? value) !== value) throw new Error(`param ${key} changes`);
      run.params.set(key, value);
    }
    return [200, {}];
  },
  "runs/search"({ filter }) {
    const id = /'(.+)'/.exec(filter)![1];
    const found = runs.filter(({ tags }) => tags.some(({ key, value }) => key === "nnt.run" && value === id));
    return [200, { runs: found.slice(-1).map(infoOf) }];
  },
};

const spec = (epochs: number, url = address) => `
name: told
data: { path: table.csv, target: y, split: { validation: 0.25, test: 0.25 } }
train: { epochs: ${epochs} }
track: { mlflow: "${url}" }
`;

function train(out: string, text: string, more: readonly string[] = []) {
  put(root, { "spec.yaml": text });
  return nnt(["train", "spec.yaml", "--out", out, "--quiet", ...more], { cwd: root });
}
const read = (...path: string[]) => readFileSync(join(root, ...path));

test("is told its spec, every epoch's figures, the best model's, its files and its end", async () => {
  vi.stubEnv("MLFLOW_TRACKING_TOKEN", "secret");
  const { code, err } = await train("a", spec(6));
  vi.unstubAllEnvs();
  expect([code, err, faults]).toEqual([0, "", []]);
  const [run] = runs as [Run];
  expect([runs.length, run.status, run.run_name, [...experiments]]).toEqual([
    1,
    "FINISHED",
    "told",
    [["told", "1"]],
  ]);
  expect([run.params.get("optimizer.lr"), run.params.get("optimizer.name")]).toEqual(["0.001", "adam"]);
  const epochs = read("a/metrics.jsonl")
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "epoch");
  const told = (key: string) =>
    run.metrics.filter((one) => one.key === key).map(({ value, step }) => [step, value]);
  expect(told("validation.loss")).toEqual(epochs.map(({ epoch, validation }) => [epoch, validation.loss]));
  expect(told("train.lr")).toEqual(epochs.map(({ epoch, lr }) => [epoch, lr]));
  const { metrics, best_epoch } = JSON.parse(read("a/summary.json").toString());
  expect(told("best.test.accuracy")).toEqual([[best_epoch, metrics.test.accuracy]]);
  expect(files.get("1/run0/artifacts/best.ckpt")).toEqual(read("a/best.ckpt"));
  expect(files.get("1/run0/artifacts/spec.yaml")).toEqual(read("a/spec.yaml"));
  expect(new Set(headers.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer secret"]));
}, 60_000);

test("that goes on is the same run, of which nothing is told twice", async () => {
  await train("b", spec(6), ["--pause-at", "3"]);
  const { code, err } = await train("b", spec(6), ["--resume"]);
  expect([code, err, faults, runs.length]).toEqual([0, "", [], 1]);
  const steps = runs[0]!.metrics.filter(({ key }) => key === "train.loss").map(({ step }) => step);
  expect([steps, runs[0]!.status]).toEqual([[1, 2, 3, 4, 5, 6], "FINISHED"]);
  await train("b", spec(1), ["--overwrite"]);
  expect([runs.length, runs[1]!.status]).toEqual([2, "FINISHED"]);
}, 60_000);

test("of very many short epochs goes in batches, and one that diverges has failed", async () => {
  await train("c", spec(1500));
  expect([faults, runs[0]!.status]).toEqual([[], "FINISHED"]);
  expect(runs[0]!.metrics.filter(({ key }) => key === "train.loss")).toHaveLength(1500);
  const wild = ["--set", "optimizer={name: sgd, lr: 1e30}", "--set", "model.hidden=[8]"];
  expect((await train("d", spec(50), wild)).code).toBe(6);
  expect([faults, runs[1]!.status]).toEqual([[], "FAILED"]);
}, 60_000);

test.each([
  [
    "is not there",
    () => "http://127.0.0.1:9",
    /track\.mlflow has stopped writing, and training continues: http:.*cannot be reached/,
  ],
  ["has no such API", () => `${address}/elsewhere`, /refuses \S*experiments\/get-by-name \(400\)/],
])(
  "is no reason to lose a training where the server %s",
  async (_, url, says) => {
    const { code, err, out } = await train("e", spec(3, url()), ["--json", "--overwrite"]);
    expect([code, err]).toEqual([0, expect.stringMatching(says)]);
    expect(err.match(/track\.mlflow/g)).toHaveLength(1);
    expect(JSON.parse(out.trimEnd().split("\n").at(-1)!)).toMatchObject({ event: "end" });
  },
  60_000,
);
