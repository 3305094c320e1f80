/** Shows a run in a browser while it goes on: a page and the lines of its log, to this machine only. */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pathsIn } from "../checkpoint/runDirectory.ts";
import { renderLivePage } from "../report/page/livePage.ts";
import { ioProblem } from "../support/files.ts";

export interface Served {
  readonly url: string;
  /** Resolves when nobody is served any more. */
  close(): Promise<void>;
}

const host = "127.0.0.1";
/** Of a log, at once. */
const mostBytes = 1 << 24;

/** @param port 0 for any that is free. @throws UserError (exit code 5) */
export async function serve(directory: string, port: number): Promise<Served> {
  const server = createServer((request, response) => respond(directory, request, response));
  await new Promise<void>((resolve, reject) => {
    server.on("error", (error) => reject(ioProblem(error, `${host}:${port}`, "listen on")));
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
}

/** What cannot be read at this moment is no reason to end: the page asks again. */
function respond(directory: string, request: IncomingMessage, response: ServerResponse): void {
  let told: Answer;
  try {
    told = answer(directory, request);
  } catch (error) {
    told = { status: 500, type: "text/plain", body: `${(error as Error).message}\n` };
  }
  const headers = { "content-type": `${told.type}; charset=utf-8`, "cache-control": "no-store" };
  response.writeHead(told.status, headers).end(told.body);
}

function answer(directory: string, { url = "/", method, headers }: IncomingMessage): Answer {
  const { pathname, searchParams } = new URL(url, `http://${host}`);
  // Another site's page must not read a run by a name that leads here.
  const isOurs = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? "");
  if (!isOurs || method !== "GET") return { status: 403, type: "text/plain", body: "forbidden\n" };
  if (pathname === "/") return { status: 200, type: "text/html", body: pageOf(directory) };
  if (pathname !== "/events") return { status: 404, type: "text/plain", body: "not found\n" };
  const after = Number(searchParams.get("after")) || 0;
  return { status: 200, type: "application/json", body: JSON.stringify(newLines(directory, after)) };
}

/** The report of a run that is over, else the page that follows it. */
function pageOf(directory: string): string | Buffer {
  return hasReport(directory) ? readFileSync(pathsIn(directory).report) : renderLivePage();
}

interface News {
  readonly events: readonly unknown[];
  /** Where to go on. */
  readonly next: number;
  /** The log began anew: what was known before does not count. */
  readonly isNew: boolean;
  readonly hasReport: boolean;
}

/** The whole lines of the log from a byte on. */
function newLines(directory: string, after: number): News {
  const file = pathsIn(directory).metrics;
  const size = existsSync(file) ? statSync(file).size : 0;
  const isNew = after > size;
  const from = isNew ? 0 : after;
  const text = size > from ? readBytes(file, from, Math.min(size - from, mostBytes)) : Buffer.alloc(0);
  const end = text.lastIndexOf(10) + 1;
  const lines = text.toString("utf8", 0, end).split("\n").slice(0, -1);
  const events = lines.map((line): unknown => JSON.parse(line));
  return { events, next: from + end, isNew, hasReport: hasReport(directory) };
}

/** Written after the log's last line: of this run, not of one before. */
function hasReport(directory: string): boolean {
  const { metrics, report } = pathsIn(directory);
  if (!existsSync(report) || !existsSync(metrics)) return false;
  const { size, mtimeMs } = statSync(metrics);
  if (statSync(report).mtimeMs < mtimeMs || size === 0) return false;
  const lastLine = readBytes(metrics, Math.max(0, size - 2 ** 16), Math.min(size, 2 ** 16))
    .toString()
    .trimEnd()
    .split("\n")
    .at(-1);
  return lastLine?.startsWith('{"event":"end"') === true;
}

function readBytes(path: string, position: number, length: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, position));
  } finally {
    closeSync(file);
  }
}
