/** Fetching: broken transfers go on, wrong files are noticed, and a name is given to whole files only. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, expect, test } from "vitest";
import { datasets } from "../../../src/data/fetch/datasets.ts";
import { download } from "../../../src/data/fetch/download.ts";
import { run } from "../../cli/host.ts";

// Noise, so that it stays long when packed.
const content = Buffer.concat(
  Array.from({ length: 4000 }, (_, i) => createHash("md5").update(String(i)).digest()),
);
const packed = gzipSync(content);
const file = { name: "train.gz", md5: createHash("md5").update(content).digest("hex") };
const half = Math.floor(packed.length / 2);

type Answer = (request: IncomingMessage, response: ServerResponse, from: number) => void;

/** Sends what is asked for. */
const good: Answer = (request, response, from) => {
  const hasRange = request.headers.range !== undefined;
  if (hasRange && from >= packed.length) return void response.writeHead(416).end();
  const part = packed.subarray(from);
  const range = `bytes ${from}-${packed.length - 1}/${packed.length}`;
  response.writeHead(hasRange ? 206 : 200, {
    "content-length": part.length,
    ...(hasRange ? { "content-range": range } : {}),
  });
  response.end(part);
};

/** Promises all, and hangs up after some bytes. */
const breaking =
  (after: number): Answer =>
  (_, response, from) => {
    const part = packed.subarray(from);
    const range = `bytes ${from}-${packed.length - 1}/${packed.length}`;
    response.writeHead(from > 0 ? 206 : 200, { "content-length": part.length, "content-range": range });
    response.write(part.subarray(0, after), () => response.destroy());
  };

const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end("sorry");

const sending =
  (bytes: Buffer): Answer =>
  (_, response) =>
    void response.end(bytes);

let answers: Record<string, Answer[]>;
let asked: string[];
const server = createServer((request, response) => {
  const [, mirror = ""] = request.url!.split("/");
  asked.push(`${mirror} ${request.headers.range ?? "all"}`);
  const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
  const list = answers[mirror]!;
  (list.length > 1 ? list.shift()! : list[0]!)(request, response, from);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const url = (mirror: string) => `http://127.0.0.1:${port}/${mirror}`;

let directory: string;
const all: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nnt-download-"));
  all.push(directory);
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  for (const one of all) rmSync(one, { recursive: true });
});

const fetched = (mirrors: string[], mostBytes = 1e6) =>
  download({ file, directory, mirrors: mirrors.map(url), mostBytes });
const isWhole = () => readFileSync(join(directory, file.name)).equals(packed);

test("a file is fetched once, and then only checked", async () => {
  answers = { a: [good] };
  expect(await fetched(["a"])).toBe(`${url("a")}/${file.name}`);
  expect(await fetched(["a"])).toBe(null);
  expect([isWhole(), asked, readdirSync(directory)]).toEqual([true, ["a all"], [file.name]]);
});

test("a broken transfer goes on where it broke", async () => {
  answers = { a: [breaking(half), good] };
  expect(await fetched(["a"])).not.toBe(null);
  expect([isWhole(), asked]).toEqual([true, ["a all", `a bytes=${half}-`]]);
});

test("what came before all mirrors broke is kept for the next time", async () => {
  answers = { a: [breaking(half), status(503)] };
  await expect(fetched(["a"])).rejects.toThrow("503");
  expect(existsSync(join(directory, file.name))).toBe(false);
  answers = { a: [good] };
  expect(await fetched(["a"])).not.toBe(null);
  expect([isWhole(), asked.at(-1)]).toEqual([true, `a bytes=${half}-`]);
});

test("a server that knows no ranges sends all of it again", async () => {
  answers = { a: [breaking(half), sending(packed)] };
  await fetched(["a"]);
  expect(isWhole()).toBe(true);
});

test.each([
  ["answers 404", [status(404)]],
  ["sends another file", [sending(gzipSync("another"))]],
  ["sends a page instead of a file", [sending(Buffer.from("<html>not here</html>"))]],
  ["breaks off at once", [breaking(0)]],
])("a mirror that %s is followed by the next", async (_, wrong) => {
  answers = { a: wrong, b: [good] };
  await fetched(["a", "b"]);
  expect(isWhole()).toBe(true);
  expect(asked).toEqual(["a all", "b all"]);
});

test("half of another file is thrown away when the rest does not fit it", async () => {
  writeFileSync(join(directory, `.${file.name}.partial`), gzipSync("of yesterday"));
  answers = { a: [good] };
  await fetched(["a"]);
  expect(isWhole()).toBe(true);
  expect(asked).toEqual([expect.stringMatching(/^a bytes=\d+-$/), "a all"]);
});

test("more than the server has is thrown away", async () => {
  writeFileSync(join(directory, `.${file.name}.partial`), Buffer.alloc(2 * packed.length));
  answers = { a: [good] };
  await fetched(["a"]);
  expect(isWhole()).toBe(true);
});

test("a file that was whole when its process was killed needs its name only", async () => {
  writeFileSync(join(directory, `.${file.name}.partial`), packed);
  answers = {};
  await fetched(["a"]);
  expect([isWhole(), asked]).toEqual([true, []]);
});

test("a server that never stops sending is stopped", async () => {
  answers = { a: [sending(Buffer.alloc(50_000))] };
  await expect(fetched(["a"], 10_000)).rejects.toThrow("sends more than 10000 bytes");
  expect(readdirSync(directory)).toEqual([]);
});

test("another file of that name is left alone", async () => {
  writeFileSync(join(directory, file.name), gzipSync("mine"));
  await expect(fetched(["a"])).rejects.toThrow(`not ${file.md5}`);
  expect(asked).toEqual([]);
});

test("the command names every mirror's fault, and exits with 5", async () => {
  answers = { a: [status(404)] };
  const silent = "http://127.0.0.1:1/";
  const argv = ["data", "mnist", "--dir", directory, "--mirror", url("a"), "--mirror", silent];
  const { code, out, err } = await run(argv);
  const { name } = datasets.mnist.files[0];
  expect([code, out]).toEqual([5, ""]);
  expect(err).toContain(`nnt: ${url("a")}/${name}: the server answers 404`);
  expect(err).toContain(`nnt: ${silent}${name}: `);
  expect(err).toContain(`hint: get ${name} in another way`);
});

test("a misspelt name is answered with the nearest", async () => {
  const { code, err } = await run(["data", "mnits"]);
  expect([code, err]).toEqual([2, expect.stringContaining("did you mean mnist?")]);
});
