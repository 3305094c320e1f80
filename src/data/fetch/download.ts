/** Fetches a file from the first mirror that has it whole: goes on where a transfer broke, and checks what came. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import { ioProblem, readBytes, removeIfThere, syncDirectory, writeAll } from "../../support/files.ts";
import type { PublicFile } from "./datasets.ts";

export interface Download {
  readonly file: PublicFile;
  readonly directory: string;
  readonly mirrors: readonly string[];
  readonly mostBytes: number;
  /** Told the bytes there are, and how many there will be, if the server says so. */
  readonly onProgress?: (received: number, total: number | null) => void;
}

/** Tries to go on with one mirror's broken transfers, as long as each of them brings something. */
const mostTries = 5;

/** A gzip file may promise more content than any memory holds. */
const mostContent = 1e9;

/** A mirror that sends nothing for so long is given up. */
const silence = 30_000;

/**
 * Where the file has come from; null when it was there, whole, and was left alone. What has come of a broken transfer
 * stays in a hidden file beside it, for the next time.
 * @throws UserError(io): with a problem per mirror when none has it, or when the file cannot be written;
 *   UserError(data): another file of that name is there
 */
export async function download(request: Download): Promise<string | null> {
  const { file, directory, mirrors } = request;
  const path = join(directory, file.name);
  const partial = join(directory, `.${file.name}.partial`);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw ioProblem(error, directory, "create");
  }
  if (existsSync(path)) {
    const message = faultOf(path, file);
    if (message === null) return null;
    throw new UserError(exitCodes.data, { file: path, message, hint: "move it away, then run this again" });
  }
  const problems: Problem[] = [];
  for (const mirror of mirrors) {
    const url = `${mirror.replace(/\/*$/, "/")}${file.name}`;
    const reason = await fetchFrom(url, partial, request);
    if (reason === null) {
      settle(partial, path, directory);
      return url;
    }
    problems.push({ file: url, message: reason });
  }
  const hint = `get ${file.name} in another way, put it into ${directory} and run this again: it is checked`;
  throw new UserError(exitCodes.io, [...problems.slice(0, -1), { ...problems.at(-1)!, hint }]);
}

/** null when the partial file is now whole and right, else why not. */
async function fetchFrom(url: string, partial: string, request: Download): Promise<string | null> {
  let reason: string | null = null;
  for (let tries = 0; tries < mostTries; tries++) {
    const before = sizeOf(partial);
    if (before > 0 && faultOf(partial, request.file) === null) return null;
    reason = await transfer(url, partial, request);
    if (reason === null) {
      reason = faultOf(partial, request.file);
      if (reason === null) return null;
      removeIfThere(partial);
      if (before === 0) return reason;
    } else if (sizeOf(partial) <= before) return reason;
  }
  return reason;
}

/** One request for what is missing; null when the server has sent all it has, else what went wrong. */
async function transfer(url: string, partial: string, request: Download): Promise<string | null> {
  const from = sizeOf(partial);
  const stop = new AbortController();
  const stalled = () => stop.abort(new Error(`nothing came for ${silence / 1000} s`));
  let timer = setTimeout(stalled, silence);
  const chunkCame = () => {
    clearTimeout(timer);
    timer = setTimeout(stalled, silence);
  };
  try {
    const headers = { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
    const response = await fetch(url, { headers, signal: stop.signal });
    if (response.status === 416 && from > 0) {
      removeIfThere(partial); // longer than what this server has: of another file
      return await transfer(url, partial, request);
    }
    if (!response.ok) return `the server answers ${response.status} ${response.statusText}`.trimEnd();
    return await append(response, from, partial, request, chunkCame);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return causeOf(error);
  } finally {
    clearTimeout(timer);
    stop.abort(); // what is not read of an answer would keep its connection open
  }
}

/** Writes what comes as it comes: a killed process loses nothing. */
async function append(
  { status, headers, body }: Response,
  from: number,
  partial: string,
  { mostBytes, onProgress }: Download,
  chunkCame: () => void,
): Promise<string | null> {
  const goesOn = status === 206 && startOf(headers) === from;
  let received = goesOn ? from : 0;
  const length = headers.get("content-length");
  const total = length === null ? null : received + Number(length);
  const disk = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw ioProblem(error, partial, "write");
    }
  };
  const file = disk(() => openSync(partial, goesOn ? "a" : "w"));
  try {
    for await (const chunk of body ?? []) {
      chunkCame();
      received += chunk.length;
      if (received > mostBytes) {
        removeIfThere(partial);
        return `it sends more than ${mostBytes} bytes`;
      }
      disk(() => writeAll(file, [chunk]));
      onProgress?.(received, total);
    }
  } finally {
    closeSync(file);
  }
  return null;
}

/** The first byte of what a server sends, by `Content-Range: bytes 100-199/200`. */
function startOf(headers: Headers): number | null {
  const start = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  return start === undefined ? null : Number(start);
}

/** fetch says "fetch failed" or "terminated", and why only in the cause. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  const innermost = cause?.message || cause?.code || message;
  return message === "terminated" ? `the transfer broke off: ${innermost}` : innermost;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What is wrong with a file, if anything. */
function faultOf(path: string, { md5 }: PublicFile): string | null {
  const bytes = readBytes(path);
  let content: Buffer;
  try {
    content = gunzipSync(bytes, { maxOutputLength: mostContent });
  } catch {
    return "it is no whole gzip file";
  }
  const found = createHash("md5").update(content).digest("hex");
  return found === md5 ? null : `the md5 of its content is ${found}, not ${md5}`;
}

/** Gives a whole file its name, so that it is there after a power cut, too. */
function settle(partial: string, path: string, directory: string): void {
  try {
    const file = openSync(partial, "r+");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
    syncDirectory(directory);
  } catch (error) {
    throw ioProblem(error, path, "write");
  }
}
