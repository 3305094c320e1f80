/** `nnt serve` over HTTP: its answers are `predict`'s, its limits hold, and its end is orderly. */
import { EventEmitter, once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Bodies } from "../../src/cli/serve/bodies.ts";
import type { IncomingMessage } from "../../src/cli/serve/listener.ts";
import type { StopSignal } from "../../src/cli/signals.ts";
import { Browser, chromium } from "../report/chromium.ts";
import { run } from "./host.ts";
import { folder } from "./program.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const root = folder();
const at = (...parts: string[]) => join(root, ...parts);
const hostile = '</script><img src=x onerror="alert(1)">';
const json = { "content-type": "application/json" };

/** A model each: classes, numbers, a picture, and names from a stranger. */
const specs = {
  iris: `data: { path: ${join(import.meta.dirname, "../../data/iris.csv")}, target: species }`,
  houses: `data: { path: ${join(import.meta.dirname, "../../data/houses.csv")}, target: price }`,
  hostile: `data: { path: hostile.csv, target: ${JSON.stringify(hostile)} }`,
};

interface Serving {
  readonly origin: string;
  readonly err: () => string;
  send(signal: StopSignal): void;
  reload(): void;
  readonly ended: Promise<number>;
}

/** Runs `nnt serve` in this process until a signal ends it. */
async function serve(argv: readonly string[]): Promise<Serving> {
  let send!: (signal: StopSignal) => void;
  let reload!: () => void;
  let [out, err] = ["", ""];
  const ended = run(["serve", "--port", "0", "--threads", "1", ...argv], {
    signals: (given) => {
      send = given;
    },
    reloads: (given) => {
      reload = given;
    },
    told: (stream, text) => {
      if (stream === "err") err += text;
      else out += text;
    },
  }).then(({ code }) => code);
  await vi.waitFor(
    () => expect([out, err]).toEqual([expect.stringContaining("http://"), expect.anything()]),
    20_000,
  );
  return { origin: out.trim(), err: () => err, send, reload: () => reload(), ended };
}

/** What an address answers. */
// biome-ignore lint/suspicious/noExplicitAny: JSON that is looked into
const jsonOf = async (url: string): Promise<any> => (await fetch(url)).json();

const model = (name: string) => at("runs", name, "best.ckpt");
let server: Serving;

beforeAll(async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 2 ? "<b>a" : "b\u001b"}`);
  writeFileSync(
    at("hostile.csv"),
    `${hostile.replaceAll('"', "'")}x,"${hostile.replaceAll('"', '""')}"\n${rows.join("\n")}\n`,
  );
  for (const [name, data] of Object.entries(specs)) {
    writeFileSync(at(`${name}.yaml`), `${data}\nmodel: { hidden: [5] }\ntrain: { epochs: 2 }\n`);
    const trained = await run(["train", at(`${name}.yaml`), "--out", at("runs", name), "--quiet"]);
    expect([trained.code, trained.err]).toEqual([0, expect.any(String)]);
  }
  server = await serve([
    model("iris"),
    model("houses"),
    model("hostile"),
    "--max-body",
    "1",
    "--max-queue",
    "50",
  ]);
});
afterAll(async () => {
  server.send("SIGTERM");
  expect(await server.ended).toBe(0);
});

function post(path: string, body: string, headers: Record<string, string> = json): Promise<Response> {
  return fetch(new URL(path, server.origin), { method: "POST", headers, body });
}

/** Rows of a table as objects, numbers as numbers. */
function rowsOf(file: string): Record<string, unknown>[] {
  const [header, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) =>
    Object.fromEntries(
      line
        .split(",")
        .map((text, i) => [header!.split(",")[i], Number.isNaN(Number(text)) ? text : Number(text)]),
    ),
  );
}

const csv = join(import.meta.dirname, "../../data/iris.csv");

describe("answers are those of `nnt predict`, to the byte", () => {
  test.each([
    ["one row at a time, at once", {}, []],
    ["with probabilities", { proba: "true", top_k: "2" }, ["--proba", "--top-k", "2"]],
  ] as const)("JSON, %s", async (_, query, options) => {
    const rows = rowsOf(csv);
    const stdin = rows.map((row) => JSON.stringify(row)).join("\n");
    const { out } = await run(["predict", model("iris"), "--from", "jsonl", ...options], { stdin });
    const path = `/models/iris/predict?${new URLSearchParams(query)}`;
    const answers: string[] = [];
    for (let from = 0; from < rows.length; from += 40) {
      const some = rows.slice(from, from + 40).map((row) => post(path, JSON.stringify(row)));
      answers.push(...(await Promise.all(some.map(async (one) => (await one).text()))));
    }
    expect(answers.join("")).toBe(out);
    const array = await (await post(path, JSON.stringify(rows.slice(0, 50)))).json();
    expect(array).toEqual(answers.slice(0, 50).map((line) => JSON.parse(line)));
  });

  test.each([
    ["text/csv", "csv", "?proba=true", ["--proba"]],
    [
      "text/csv",
      "csv",
      "?interval=0.9&keep=petal_width,species",
      ["--interval", "0.9", "--keep", "petal_width,species"],
    ],
    ["application/x-ndjson", "jsonl", "?on_error=record", ["--on-error", "record"]],
  ] as const)("%s as %s%s", async (type, format, query, options) => {
    const lines = rowsOf(csv).map((row) => JSON.stringify(row));
    const body = format === "csv" ? readFileSync(csv, "utf8") : [...lines, "{}", "no row"].join("\n");
    const { out } = await run(["predict", model("iris"), "--from", format, ...options], { stdin: body });
    const answer = await post(`/models/iris/predict${query}`, body, { "content-type": type });
    expect(answer.headers.get("content-type")).toBe(type);
    expect((await answer.text()).replaceAll('"file":"stdin",', "")).toBe(
      out.replaceAll('"file":"stdin",', ""),
    );
  });

  test("answers come in the format that is asked for", async () => {
    const [row] = rowsOf(csv);
    const answer = (accept: string, body: unknown) =>
      post("/models/iris/predict?keep=petal_width", JSON.stringify(body), { ...json, accept });
    expect(await (await answer("text/csv", [row, row])).text()).toMatch(
      /^petal_width,prediction\n(0.2,\w+\n){2}$/,
    );
    expect(await (await answer("application/json", [row, row])).json()).toHaveLength(2);
    expect(await (await answer("text/html, application/json;q=0.9", row)).json()).toHaveProperty(
      "prediction",
    );
    expect(await (await answer("*/*", [])).json()).toEqual([]);
  });
});

test("a row of a stream is answered before the next one is sent", async () => {
  const [row] = rowsOf(csv);
  const answers: string[] = [];
  const headers = { "content-type": "application/x-ndjson" };
  const sent = request(new URL("/models/iris/predict", server.origin), { method: "POST", headers });
  await new Promise<void>((resolve) => {
    sent.on("response", (response) => {
      response.on("data", (chunk) => {
        answers.push(String(chunk));
        if (answers.length < 3) sent.write(`${JSON.stringify(row)}\n`);
        else sent.end();
      });
      response.on("end", resolve);
    });
    sent.write(`${JSON.stringify(row)}\n`);
  });
  expect(answers).toEqual(new Array(3).fill(expect.stringMatching(/^\{"prediction":"\w+"\}\n$/)));
});

test("a stream with a bad row tells it, and does not end as one that is complete", async () => {
  const [row] = rowsOf(csv);
  const body = `${JSON.stringify(row)}\n{"petal_width":"wide"}\n`;
  const answer = await post("/models/iris/predict", body, { "content-type": "application/x-ndjson" });
  const reader = answer.body!.getReader();
  let text = "";
  const all = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += Buffer.from(part.value);
  })();
  await expect(all).rejects.toThrow();
  expect(text).toMatch(/^\{"prediction":"\w+"\}\n\{"errors":\[\{"line":2,.*petal_width.*\n$/);
});

describe("what is refused, and how", () => {
  const row = { petal_width: 1, petal_length: 1, sepal_width: 1, sepal_length: 1 };
  test.each([
    ["no JSON", "/models/iris/predict", "{", 422, "not JSON"],
    ["an array that is none", "/models/iris/predict", "[1,]", 422, "1 instead of an object"],
    ["a misspelt column", "/models/iris/predict", '{"petal_widht":1,"petal_length":1}', 422, "petal_widht"],
    [
      "a bad cell",
      "/models/iris/predict",
      JSON.stringify([row, { ...row, petal_width: "x" }]),
      422,
      '"line":2',
    ],
    ["a misspelt parameter", "/models/iris/predict?prob=1", "{}", 400, "did you mean proba?"],
    ["a wrong parameter", "/models/iris/predict?top_k=0", "{}", 400, "at least 1"],
    [
      "probabilities of numbers",
      "/models/houses/predict?proba=true",
      "{}",
      400,
      '"proba: the model predicts numbers',
    ],
    ["no model's name", "/predict", "{}", 404, "/models/iris/predict"],
    ["an unknown model", "/models/nobody/predict", "{}", 404, "/models/iris/predict"],
    ["an unknown address", "/%2e%2e/etc/passwd", "{}", 405, "method"],
    [
      "more than a body may be",
      "/models/iris/predict",
      `{"x":"${"x".repeat(2 ** 20)}"}`,
      413,
      "1 MB at most",
    ],
    [
      "more rows than may wait",
      "/models/iris/predict",
      JSON.stringify(new Array(51).fill(row)),
      429,
      "enough to do",
    ],
  ] as const)("%s", async (_, path, body, status, says) => {
    const answer = await post(path, body);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([status, expect.stringContaining(says)]);
    expect(JSON.parse(text).errors[0].message).toBeTypeOf("string");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("what is no row, by its type", async () => {
    expect((await post("/models/iris/predict", "a=1", { "content-type": "text/plain" })).status).toBe(415);
    expect((await post("/models/iris/predict", "a=1", { ...json, "content-encoding": "gzip" })).status).toBe(
      415,
    );
  });

  test("another site's page, by the host that it names", async () => {
    const status = await new Promise((resolve) => {
      request(new URL("/health", server.origin), { headers: { host: "evil.example" } }, (response) =>
        resolve(response.resume().statusCode),
      ).end();
    });
    expect(status).toBe(403);
  });

  test("what is no HTTP, and nobody else is harmed", async () => {
    const { port } = new URL(server.origin);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("\u0000\u0001 what\r\n\r\n"));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect((await fetch(`${server.origin}health`)).status).toBe(200);
  });
});

test("metrics count what happened, one line a sample", async () => {
  const count = async (sample: string) => {
    const text = await (await fetch(`${server.origin}metrics`)).text();
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(/^# (HELP|TYPE) \w+ .+$|^\w+(\{(\w+="([^"\\]|\\.)*",?)+\})? -?[\d.e+-]+$/);
    return Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${sample} `))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  };
  const names = ['nnt_rows_total{model="houses"}', 'nnt_request_seconds_count{model="houses"}'];
  const before = [await count(names[0]!), await count(names[1]!)];
  const houses = rowsOf(join(import.meta.dirname, "../../data/houses.csv")).slice(0, 7);
  expect((await post("/models/houses/predict", JSON.stringify(houses))).status).toBe(200);
  expect([await count(names[0]!), await count(names[1]!)]).toEqual([before[0]! + 7, before[1]! + 1]);
});

test("the OpenAPI description has an address for each model, with its columns", async () => {
  const api = await jsonOf(`${server.origin}openapi.json`);
  expect(api.openapi).toBe("3.1.0");
  const { post } = api.paths["/models/iris/predict"];
  const [one] = post.requestBody.content["application/json"].schema.oneOf;
  expect(Object.keys(one.properties)).toEqual(["sepal_length", "sepal_width", "petal_length", "petal_width"]);
  expect(Object.keys(post.responses)).toEqual(expect.arrayContaining(["200", "413", "422", "429", "503"]));
});

test("pages run nothing of a stranger's names, and let nobody frame them", async () => {
  for (const path of ["", "models/iris/", "models/hostile/"]) {
    const answer = await fetch(server.origin + path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(await answer.text()).not.toMatch(/<img src=x|<\/script>(?!\s*<\/body>)/);
  }
});

test.skipIf(chromium === null)("the page of a model shows what the model predicts", async () => {
  const browser = new Browser(chromium!);
  try {
    expect(await browser.open(`${server.origin}models/iris/`, { width: 400, scheme: "light" })).toEqual([]);
    const verdict =
      "new Promise((done) => { const look = () => document.querySelector('.verdict') ? done(document.querySelector('.verdict').lastChild.textContent) : setTimeout(look, 50); look(); })";
    expect(["setosa", "versicolor", "virginica"]).toContain(await browser.evaluate(verdict));
    expect(await browser.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  } finally {
    browser.close();
  }
});

test("a model is read again at SIGHUP; one that is none any more is served as it was", async () => {
  copyFileSync(model("iris"), at("m.ckpt"));
  const { origin, reload, send, ended, err } = await serve([at("m.ckpt")]);
  const now = async () => (await jsonOf(`${origin}models/m`)).columns.length;
  const reloaded = async (sign: string) => {
    reload();
    await vi.waitFor(() => expect(err()).toContain(sign));
  };
  expect(await now()).toBe(4);
  copyFileSync(model("houses"), at("m.ckpt"));
  await reloaded("read m again");
  expect(await now()).toBe(5);
  writeFileSync(at("m.ckpt"), "no model");
  await reloaded("m is served as it was before");
  expect(await now()).toBe(5);
  send("SIGINT");
  expect(await ended).toBe(0);
});

test("who has asked before SIGTERM is answered, who asks after it is not", async () => {
  const { origin, send, ended } = await serve([model("iris")]);
  const [row] = rowsOf(csv);
  const headers = { "content-type": "application/x-ndjson" };
  const late = connect(Number(new URL(origin).port), "127.0.0.1", () =>
    late.write("GET /health HTTP/1.1\r\n"),
  );
  const sent = request(new URL("/predict", origin), { method: "POST", headers });
  const answer = await new Promise<string>((resolve) => {
    let text = "";
    sent.on("response", (response) => {
      response.on("data", (chunk) => {
        if (text === "") {
          send("SIGTERM");
          late.write("Host: localhost\r\n\r\n");
          sent.end(`${JSON.stringify(row)}\n`);
        }
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    sent.write(`${JSON.stringify(row)}\n`);
  });
  expect(answer.trim().split("\n")).toHaveLength(2);
  expect(String(await once(late, "data"))).toMatch(/^HTTP\/1.1 503.*the server is ending/s);
  expect(await ended).toBe(0);
  await expect(fetch(`${origin}health`)).rejects.toThrow();
});

test("two models of one name, and an address that is taken, are refused", async () => {
  copyFileSync(model("iris"), at("iris.ckpt"));
  const twice = await run(["serve", model("iris"), at("iris.ckpt")]);
  expect([twice.code, twice.err]).toEqual([2, expect.stringContaining("two models are called iris")]);
  const { port } = new URL(server.origin);
  const taken = await run(["serve", model("iris"), "--port", port]);
  expect([taken.code, taken.err]).toEqual([5, expect.stringContaining("something else listens there")]);
});

test("bodies that are held take so much memory together, and no more", () => {
  const bodies = new Bodies(8 * 2 ** 20);
  const body = Buffer.alloc(8 * 2 ** 20);
  const outcomes: (number | (() => void))[] = [];
  const send = () => {
    const sent = Object.assign(new EventEmitter(), { headers: {} }) as unknown as IncomingMessage;
    const done = (_: Buffer, forget: () => void) => outcomes.push(forget);
    bodies.read(sent, done, ({ status }) => outcomes.push(status));
    sent.emit("data", body);
    sent.emit("end");
  };
  for (let i = 0; i < 33; i++) send();
  expect(outcomes.map(Number)).toEqual([...new Array(32).fill(Number.NaN), 503]);
  (outcomes[0] as () => void)();
  send();
  expect(outcomes.at(-1)).toBeTypeOf("function");
});
