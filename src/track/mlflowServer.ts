/**
 * A run told to an MLflow server by its REST API, while it trains: mlflow.org/docs/latest/rest-api.html. Requests wait in
 * a queue and are sent one after the other; the first that fails ends it.
 */
import { join, resolve } from "node:path";
import type { TrackSpec } from "../config/schema.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { isThere } from "../support/files.ts";
import { flat } from "../support/flat.ts";
import { readInside } from "../support/inside.ts";
import { type Figures, type Follower, isSignal } from "../train/events.ts";
import { finalsOf, idOf, keyOf, textOf, userName } from "./mlflow.ts";
import type { TrackedRun, Tracker } from "./tracker.ts";

type Settings = NonNullable<TrackSpec["mlflow"]> & { readonly server: string };

/** What one request of log-batch may hold. */
const most = { metrics: 1000, params: 100 } as const;

/** A server that says nothing for so long is given up. */
const silence = 20_000;

/** Of a run's directory, where the server takes files itself. */
const artifacts = ["spec.yaml", "summary.json", "report.html", "best.ckpt"];

export const mlflowServer: Tracker<Settings> = (run, settings) => new Telling(run, settings).follower();

interface Metric {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

/** The run as the server knows it. */
interface Known {
  readonly run_id: string;
  readonly artifact_uri: string;
  /** The last epoch that it was told of. */
  readonly epoch: number;
}

class Telling {
  private readonly server: Server;
  private sending: Promise<unknown> = Promise.resolve();
  private failure: unknown = null;
  private known: Known | null = null;
  private waiting: Metric[] = [];

  constructor(
    private readonly run: TrackedRun,
    private readonly settings: Settings,
  ) {
    this.server = new Server(settings.server, process.env);
  }

  follower(): Follower {
    const follow = (event: Parameters<Follower>[0]) => {
      if (this.failure !== null) throw this.failure;
      if (event.event === "start") this.queue(() => this.begin(event.epoch));
      else if (event.event === "epoch") {
        const { epoch, lr, train, validation } = event;
        this.log({ train: { ...train, lr }, ...(validation && { validation }) }, epoch);
      } else if (event.event === "end") {
        this.log(finalsOf(event), event.best_epoch);
        this.queue(() => this.upload());
        this.end(isSignal(event.reason) ? "KILLED" : "FINISHED");
      } else if (event.event === "failed") this.end("FAILED");
    };
    const settle = async () => {
      await this.sending;
      if (this.failure !== null) throw this.failure;
    };
    return Object.assign(follow, { settle });
  }

  private queue(send: () => Promise<unknown>): void {
    this.sending = this.sending
      .then(() => (this.failure === null ? send() : null))
      .catch((error) => {
        this.failure = error;
      });
  }

  /** Finds the run that goes on, or makes one and tells it the spec. */
  private async begin(epoch: number): Promise<void> {
    const { run, server, settings } = this;
    const experiment = await server.experiment(settings.experiment ?? run.spec.name);
    const id = idOf(run.directory);
    this.known = epoch > 0 ? await server.find(experiment, id) : null;
    if (this.known) {
      await server.post("runs/update", { run_id: this.known.run_id, status: "RUNNING" });
      return;
    }
    const tags = {
      "mlflow.runName": run.spec.name,
      "mlflow.user": userName(),
      "mlflow.source.type": "LOCAL",
      [idTag]: id,
      "nnt.directory": resolve(run.directory),
    };
    const made = await server.post("runs/create", {
      experiment_id: experiment,
      run_name: run.spec.name,
      start_time: run.now(),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    this.known = knownOf(made.run);
    const params = Object.entries(flat(run.spec)).map(([key, value]) => ({
      key: keyOf(key),
      value: textOf(value),
    }));
    for (let first = 0; first < params.length; first += most.params)
      await server.post("runs/log-batch", {
        run_id: this.known.run_id,
        params: params.slice(first, first + most.params),
      });
  }

  /** Figures wait for each other while a request is under way: of short epochs, many go together. */
  private log(splits: Readonly<Record<string, Figures>>, step: number): void {
    const timestamp = this.run.now();
    for (const [split, figures] of Object.entries(splits))
      for (const [name, value] of Object.entries(figures))
        this.waiting.push({ key: keyOf(`${split}.${name}`), value: numberOf(value), timestamp, step });
    this.queue(() => this.flush());
  }

  private async flush(): Promise<void> {
    const { run_id, epoch } = this.known!;
    // What was told before the run was stopped is not told again: a server keeps every value.
    const fresh = this.waiting.filter(({ key, step }) => step > epoch || key.startsWith("best."));
    this.waiting = [];
    for (let first = 0; first < fresh.length; first += most.metrics)
      await this.server.post("runs/log-batch", { run_id, metrics: fresh.slice(first, first + most.metrics) });
  }

  /** Only where the tracking server passes files on itself, which other stores' own protocols are needed for. */
  private async upload(): Promise<void> {
    const { directory } = this.run;
    const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(this.known!.artifact_uri)?.[1];
    if (path === undefined) return;
    for (const name of artifacts) {
      const file = join(directory, name);
      if (isThere(file)) await this.server.put(`${path}/${name}`, readInside(file));
    }
  }

  private end(status: "FINISHED" | "FAILED" | "KILLED"): void {
    const end_time = this.run.now();
    this.queue(() => this.server.post("runs/update", { run_id: this.known!.run_id, status, end_time }));
  }
}

/** Which run of this machine it is. */
const idTag = "nnt.run";

type Answer = Readonly<Record<string, unknown>>;

/** The requests, as documented; a refusal is a UserError(io) in the server's words. */
class Server {
  private readonly headers: Readonly<Record<string, string>>;
  private readonly root: string;

  constructor(url: string, env: NodeJS.ProcessEnv) {
    this.root = url.replace(/\/*$/, "");
    this.headers = authorization(env);
  }

  async experiment(name: string): Promise<string> {
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const found = () => this.send("GET", query, null, ["RESOURCE_DOES_NOT_EXIST"]);
    const known = await found();
    if (known) return textIn(objectIn(known.experiment).experiment_id);
    const made = await this.send("POST", "experiments/create", { name }, ["RESOURCE_ALREADY_EXISTS"]);
    return textIn(made ? made.experiment_id : objectIn((await found())?.experiment).experiment_id);
  }

  /** The latest run with such an id. */
  async find(experiment: string, id: string): Promise<Known | null> {
    const { runs } = await this.post("runs/search", {
      experiment_ids: [experiment],
      filter: `tags."${idTag}" = '${id}'`,
      max_results: 1,
      order_by: ["attributes.start_time DESC"],
    });
    return Array.isArray(runs) && runs.length > 0 ? knownOf(runs[0]) : null;
  }

  async post(path: string, body: object): Promise<Answer> {
    return (await this.send("POST", path, body, []))!;
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    await this.request(`/api/2.0/mlflow-artifacts/artifacts/${encoded}`, {
      method: "PUT",
      headers: { "content-type": "application/octet-stream" },
      body: bytes,
    });
  }

  /** Null for an error that is expected. */
  private async send(
    method: "GET" | "POST",
    path: string,
    body: object | null,
    expected: readonly string[],
  ): Promise<Answer | null> {
    const content = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const { ok, answer, status } = await this.request(
      `/api/2.0/mlflow/${path}`,
      { method, ...content },
      expected,
    );
    if (!ok) return null;
    if (answer !== null) return answer;
    throw this.problem(`answers ${status} to ${path} with what is no JSON object`);
  }

  private async request(path: string, init: RequestInit, expected: readonly string[] = []) {
    const headers = { ...this.headers, ...(init.headers as Record<string, string>) };
    const asked = { ...init, headers, redirect: "error", signal: AbortSignal.timeout(silence) } as const;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.root}${path}`, asked);
      text = await response.text();
    } catch (error) {
      throw this.problem(`cannot be reached: ${reasonOf(error)}`);
    }
    const answer = parsed(text);
    const { ok, status } = response;
    const code = String(answer?.error_code ?? "");
    if (ok || expected.includes(code)) return { ok, answer, status };
    const said = [code, answer?.message].filter((one) => typeof one === "string" && one !== "").join(": ");
    throw this.problem(
      `refuses ${path.split("?")[0]} (${status})${said === "" ? "" : `: ${said.slice(0, 300)}`}`,
    );
  }

  private problem(message: string): UserError {
    return new UserError(exitCodes.io, { message: `${this.root} ${message}` });
  }
}

/** As MLflow's own clients are told who they are. */
function authorization(env: NodeJS.ProcessEnv): Record<string, string> {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = env;
  if (user && password)
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
  return token ? { authorization: `Bearer ${token}` } : {};
}

function knownOf(run: unknown): Known {
  const { info, data } = objectIn(run);
  const { run_id, artifact_uri } = objectIn(info);
  const { metrics = [] } = data === undefined ? {} : objectIn(data);
  const steps = (Array.isArray(metrics) ? metrics : []).map(objectIn);
  const told = steps
    .filter(({ key }) => !String(key).startsWith("best."))
    .map(({ step }) => Number(step ?? 0));
  const uri = typeof artifact_uri === "string" ? artifact_uri : "";
  return { run_id: textIn(run_id), artifact_uri: uri, epoch: Math.max(0, ...told) };
}

function objectIn(value: unknown): Answer {
  if (typeof value === "object" && value !== null) return value as Answer;
  throw new UserError(exitCodes.io, { message: "the server's answer lacks what MLflow's has" });
}

function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  throw new UserError(exitCodes.io, { message: "the server's answer lacks what MLflow's has" });
}

function parsed(text: string): Answer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Answer) : null;
  } catch {
    return null; // an error page, for one
  }
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return `no answer within ${silence / 1000} s`;
  return cause instanceof Error ? cause.message : message;
}

/** JSON has no word for numbers that are not finite; protobuf's JSON spells them so. */
function numberOf(value: number): number | string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? value : value > 0 ? "Infinity" : "-Infinity";
}
