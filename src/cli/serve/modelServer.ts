/** Models behind HTTP: which address is what. */
import { performance } from "node:perf_hooks";
import { listPage, servedPage } from "../../export/webPage.ts";
import { answersOf } from "../../tasks/tasks.ts";
import { Bodies } from "./bodies.ts";
import {
  type IncomingMessage,
  type Listening,
  listen,
  loopback,
  namesThisMachine,
  type ServerResponse,
} from "./listener.ts";
import type { ServedModel } from "./models.ts";
import { openApiOf } from "./openApi.ts";
import { type Limits, Predictions } from "./predictions.ts";
import { Refusal, refusalOf, refuse, send, sendJson, sendPage } from "./replies.ts";
import { type Route, routeOf, type Wishes, wishesOf } from "./route.ts";
import { Telemetry } from "./telemetry.ts";

export interface ServerOptions extends Limits {
  /** null: this machine only. */
  readonly host: string | null;
  readonly port: number;
  readonly version: string;
  /** Told of what is the server's own fault. */
  readonly failed: (error: unknown) => void;
}

/** Connections that wait for nothing are kept so long; milliseconds, as what follows. */
const idlePatience = 65_000;
/** For a request's head, and for the next bytes of its body. */
const headPatience = 20_000;
const bodyPatience = 60_000;
/** For requests under way when the server ends. */
const grace = 10_000;

/** Addresses that are remembered, as long ones are taken apart anew for every request. */
const mostRoutes = 1000;

interface Known extends Route {
  readonly wishes: Wishes | null;
}

export class ModelServer {
  readonly telemetry = new Telemetry();
  private readonly predictions: Predictions;
  private readonly routes = new Map<string, Known>();
  private listening: Listening | null = null;
  private isEnding = false;

  constructor(
    private readonly models: ReadonlyMap<string, ServedModel>,
    private readonly options: ServerOptions,
  ) {
    this.predictions = new Predictions(new Bodies(options.maxBody), options, options.failed);
  }

  /** Gives the address. @throws UserError (exit code 5) */
  async start(): Promise<string> {
    const { host, port } = this.options;
    this.listening = await listen((...both) => this.respond(...both), host ?? loopback, port);
    const { server, origin } = this.listening;
    server.keepAliveTimeout = idlePatience;
    server.headersTimeout = headPatience;
    server.requestTimeout = 0; // rows may come for hours
    server.timeout = bodyPatience;
    return origin;
  }

  /** Once those who have asked have been answered. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.listening?.close(grace);
    for (const { current } of this.models.values()) current.retire();
  }

  private respond(request: IncomingMessage, response: ServerResponse): void {
    const begun = performance.now();
    const { telemetry } = this;
    telemetry.inFlight++;
    let model = "";
    response.on("close", () => {
      telemetry.inFlight--;
      telemetry.answered(model, response.statusCode, (performance.now() - begun) / 1000);
      // Its client may keep the connection for another request, which would not be answered.
      if (this.isEnding) setImmediate(() => this.listening?.server.closeIdleConnections());
    });
    try {
      if (this.isEnding) throw new Refusal(503, { message: "the server is ending" }, { connection: "close" });
      // A page of another site that has this machine's address is none of ours.
      if ((this.options.host ?? loopback) === loopback && !namesThisMachine(request.headers.host))
        throw new Refusal(403, { message: "the request names another host than this machine" });
      const route = this.route(request.url ?? "/");
      if (route.what === "predict") {
        const asked = this.modelOf(route);
        model = asked.name;
        if (request.method !== "POST") throw wrongMethod("POST");
        this.predictions.answer(asked, route.wishes!, request, response);
      } else {
        if (request.method !== "GET" && request.method !== "HEAD") throw wrongMethod("GET, HEAD");
        this.show(route, response);
      }
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status === 500) this.options.failed(error);
      refuse(response, refusal);
    }
  }

  private route(url: string): Known {
    const known = this.routes.get(url);
    if (known) return known;
    const route = routeOf(url);
    const made = { ...route, wishes: route.what === "predict" ? wishesOf(route.query) : null };
    if (this.routes.size < mostRoutes) this.routes.set(url, made);
    return made;
  }

  private modelOf({ model }: Route): ServedModel {
    const [only] = this.models.values();
    const found = model === null ? only : this.models.get(model);
    if (found && (model !== null || this.models.size === 1)) return found;
    const names = [...this.models.keys()].map((name) => `/models/${encodeURIComponent(name)}/predict`);
    throw new Refusal(404, {
      message: model === null ? "there are several models" : `no model is called ${JSON.stringify(model)}`,
      expected: names.join(", "),
    });
  }

  private show(route: Route, response: ServerResponse): void {
    const pages =
      route.model === null ? this.ownPages(response) : this.pagesOf(this.modelOf(route), response);
    const page = new Map(Object.entries(pages)).get(route.what);
    if (page) page();
    else
      throw new Refusal(404, {
        message: "no such address",
        expected: "/, /predict, /models, /models/NAME/predict, /health, /metrics or /openapi.json",
      });
  }

  private ownPages(response: ServerResponse): Record<string, () => void> {
    const { version } = this.options;
    const models = [...this.models.values()];
    const described = () => models.map((one) => ({ name: one.name, preprocessing: preprocessingOf(one) }));
    return {
      "": () => {
        if (models.length === 1) this.page(models[0]!, response);
        else sendPage(response, listPage([...this.models.keys()], version));
      },
      health: () => sendJson(response, { status: "ok", models: [...this.models.keys()] }),
      models: () => sendJson(response, models.map(description)),
      "openapi.json": () => sendJson(response, openApiOf(described(), version)),
      metrics: () => {
        this.listening!.server.getConnections((_, connections) => {
          const text = this.telemetry.text(models, connections, version);
          send(response, 200, "text/plain; version=0.0.4; charset=utf-8", text);
        });
      },
    };
  }

  private pagesOf(model: ServedModel, response: ServerResponse): Record<string, () => void> {
    return {
      "": () => this.page(model, response),
      model: () => sendJson(response, description(model)),
    };
  }

  private page(model: ServedModel, response: ServerResponse): void {
    sendPage(response, servedPage(model.name, preprocessingOf(model), this.options.version));
  }
}

function preprocessingOf({ current }: ServedModel) {
  return current.predictor.saved.preprocessing;
}

function description(model: ServedModel) {
  const { inputs, target } = preprocessingOf(model);
  const { names, classes } = answersOf(target);
  return {
    name: model.name,
    task: target.task,
    columns: inputs.kind === "columns" ? inputs.columns.map(({ name, type }) => ({ name, type })) : null,
    shape: inputs.kind === "array" ? inputs.shape : null,
    targets: names,
    classes,
    sha256: model.current.sum,
  };
}

function wrongMethod(allow: string): Refusal {
  return new Refusal(405, { message: "the address does not take this method", expected: allow }, { allow });
}
