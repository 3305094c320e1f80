/**
 * Shows a run in a browser while it goes on: a page and the lines of its log, to this machine only, and on it only to
 * who knows the address, which has a secret in it. Nothing but these two files is read, and no link in their place.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { closeSync, constants, fstatSync, readSync } from "node:fs";
import { pathsIn } from "../../checkpoint/runDirectory.ts";
import { renderLivePage } from "../../report/page/livePage.ts";
import { ioProblem, isMissing } from "../../support/files.ts";
import { openInside } from "../../support/inside.ts";
import {
  guarding,
  type IncomingMessage,
  listen,
  loopback,
  namesThisMachine,
  type ServerResponse,
} from "./listener.ts";

export interface Followed {
  readonly url: string;
  /** Resolves when nobody is served any more. */
  close(): Promise<void>;
}

/** Of a log, at once. */
const mostBytes = 1 << 24;

/** @param port 0 for any that is free. @throws UserError (exit code 5) */
export async function followRun(directory: string, port: number): Promise<Followed> {
  const secret = `/${randomBytes(16).toString("base64url")}/`;
  const { origin, close } = await listen(
    (request, response) => respond(directory, secret, request, response),
    loopback,
    port,
  );
  return { url: origin + secret, close };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
}

/** What cannot be read at this moment is no reason to end: the page asks again. */
function respond(
  directory: string,
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  let told: Answer;
  try {
    told = answer(directory, secret, request);
  } catch (error) {
    told = { status: 500, type: "text/plain", body: `${(error as Error).message}\n` };
  }
  const type = { "content-type": `${told.type}; charset=utf-8` };
  response.writeHead(told.status, { ...type, ...guarding }).end(told.body);
}

function answer(directory: string, secret: string, { url = "/", method, headers }: IncomingMessage): Answer {
  const { pathname: path, searchParams } = new URL(url, `http://${loopback}`);
  if (!namesThisMachine(headers.host) || method !== "GET")
    return { status: 403, type: "text/plain", body: "forbidden\n" };
  if (!beginsWith(path, secret)) return { status: 404, type: "text/plain", body: "not found\n" };
  const pathname = path.slice(secret.length - 1);
  if (pathname === "/") return { status: 200, type: "text/html", body: pageOf(directory) };
  if (pathname !== "/events") return { status: 404, type: "text/plain", body: "not found\n" };
  const after = Number(searchParams.get("after")) || 0;
  return { status: 200, type: "application/json", body: JSON.stringify(newLines(directory, after)) };
}

/** In a time that does not tell how much of it is right. */
function beginsWith(path: string, secret: string): boolean {
  const [given, wanted] = [Buffer.from(path).subarray(0, secret.length), Buffer.from(secret)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The report of a run that is over, else the page that follows it. */
function pageOf(directory: string): string | Buffer {
  const { report } = pathsIn(directory);
  return (hasReport(directory) && read(report, ({ size, bytes }) => bytes(0, size))) || renderLivePage();
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
  const found = read(pathsIn(directory).metrics, ({ size, bytes }) => {
    const isNew = after > size;
    const from = isNew ? 0 : after;
    return { isNew, from, text: bytes(from, Math.min(size - from, mostBytes)) };
  });
  const { isNew, from, text } = found ?? { isNew: after > 0, from: 0, text: Buffer.alloc(0) };
  const end = text.lastIndexOf(10) + 1;
  const lines = text.toString("utf8", 0, end).split("\n").slice(0, -1);
  return { events: lines.flatMap(parsed), next: from + end, isNew, hasReport: hasReport(directory) };
}

/** None for a damaged line: the others are shown. */
function parsed(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

/** Written after the log's last line: of this run, not of one before. */
function hasReport(directory: string): boolean {
  const { metrics, report } = pathsIn(directory);
  const written = read(report, ({ changed }) => changed);
  const log = read(metrics, ({ size, changed, bytes }) => {
    const tail = bytes(Math.max(0, size - 2 ** 16), Math.min(size, 2 ** 16));
    return { changed, last: tail.toString().trimEnd().split("\n").at(-1) };
  });
  if (written === null || log === null || written < log.changed) return false;
  return log.last?.startsWith('{"event":"end"') === true;
}

interface Opened {
  readonly size: number;
  readonly changed: number;
  bytes(position: number, length: number): Buffer;
}

/** Looks into a file of the run; null where there is none. Throws for a link, a pipe and a device. */
function read<T>(path: string, look: (file: Opened) => T): T | null {
  let file: number;
  try {
    file = openInside(path, constants.O_RDONLY);
  } catch (error) {
    if (isMissing(error)) return null;
    throw ioProblem(error, path, "read");
  }
  try {
    const { size, mtimeMs } = fstatSync(file);
    const bytes = (position: number, length: number) => {
      const found = Buffer.alloc(length);
      return found.subarray(0, readSync(file, found, 0, length, position));
    };
    return look({ size, changed: mtimeMs, bytes });
  } finally {
    closeSync(file);
  }
}
