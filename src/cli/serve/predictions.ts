/**
 * Answers to `POST …/predict`: those to JSON together with others that arrive at the same time, those to CSV and JSON
 * Lines as their rows come. All are what `nnt predict` answers.
 */
import { once } from "node:events";
import { elementsOf } from "../../data/formats/jsonl/jsonLine.ts";
import type { Written } from "../../data/formats/notation.ts";
import type { RowBatch } from "../../data/formats/rowBatch.ts";
import { rowsOfObjects, rowsOfStream } from "../../data/formats/rows.ts";
import { inflated } from "../../data/formats/source.ts";
import { predictRows } from "../../evaluate/predict.ts";
import { type Bodies, ignoreRest } from "./bodies.ts";
import { guardingData, type IncomingMessage, type ServerResponse } from "./listener.ts";
import type { Loaded, ServedModel } from "./models.ts";
import { errorsText, Refusal, refusalOf, refuse, send } from "./replies.ts";
import { type BodyFormat, formatOfAnswers, formatOfBody, rowFormats, typeOf, type Wishes } from "./route.ts";

export interface Limits {
  /** Bytes of a body that is read whole, and of a row of others. */
  readonly maxBody: number;
  /** Rows that wait for one model. */
  readonly maxQueue: number;
}

/** Bodies that are answered as they come, at once: each has buffers of about a megabyte. */
const mostStreams = 256;
/** Milliseconds in which nothing comes, or is taken. */
const streamPatience = 600_000;

export class Predictions {
  private streams = 0;

  constructor(
    private readonly bodies: Bodies,
    private readonly limits: Limits,
    /** Told of what is the server's own fault. */
    private readonly failed: (error: unknown) => void,
  ) {}

  /** @throws Refusal at once, or answers with one later */
  answer(model: ServedModel, wishes: Wishes, request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request;
    const from = formatOfBody(headers["content-type"], headers["content-encoding"]);
    const to = formatOfAnswers(headers.accept, from);
    const loaded = model.current.enter();
    response.on("close", () => loaded.leave());
    const tell = (error: unknown) => this.refuse(response, error);
    if (from !== "json") {
      if (this.streams >= mostStreams) throw tooMany(`${mostStreams} bodies are being answered`);
      this.streams++;
      response.on("close", () => this.streams--);
      const stream = { loaded, wishes, from, to };
      this.stream(stream, request, response).catch((error) => {
        if (request.errored !== null) return; // the client went away
        ignoreRest(request);
        this.refuse(response, error, to);
      });
      return;
    }
    this.bodies.read(
      request,
      (body, forget) => {
        response.on("close", forget);
        try {
          this.answerBody({ loaded, wishes, from, to }, body, response);
        } catch (error) {
          tell(error);
        }
      },
      tell,
    );
  }

  /** One object is answered by one, an array by an array. */
  private answerBody(asked: Asked, body: Buffer, response: ServerResponse): void {
    const { loaded, wishes, to } = asked;
    const elements = elementsOf(body);
    const isArray = elements[0] !== body;
    const records = elements.map((bytes, index) => ({ bytes, number: index + 1 }));
    if (loaded.waiting + records.length > this.limits.maxQueue)
      throw tooMany(`${loaded.waiting} rows are waiting`);
    const { proba, topK, keep, interval, onError } = wishes;
    if (to !== "json" || keep !== null || interval !== null || onError !== "fail") {
      const rows = (columns: readonly string[], written: Written) => rowsOfObjects(records, columns, written);
      this.write({ ...asked, rows, isArray }, response).catch((error) => this.refuse(response, error, to));
      return;
    }
    loaded.queueFor(proba, topK).ask(records, {
      answered: (answers) => {
        if (!response.destroyed)
          send(response, 200, typeOf("json"), isArray ? arrayOf(answers) : answers[0]!);
      },
      failed: (reason) => {
        if (!response.destroyed)
          this.refuse(response, reason instanceof Error ? reason : new Refusal(422, reason));
      },
    });
  }

  private async stream(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.socket.setTimeout(streamPatience);
    // A bad row ends the reading; the connection lives on, to say so.
    const bytes = inflated(request.iterator({ destroyOnReturn: false }), undefined);
    const format = rowFormats[asked.from];
    const rows = (columns: readonly string[], written: Written) =>
      rowsOfStream(bytes, undefined, { ...written, format, columns, maxRow: this.limits.maxBody });
    await this.write({ ...asked, rows, isArray: true }, response);
  }

  private async write({ loaded, wishes, to, rows, isArray }: Rows, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const isJsonArray = to === "json" && isArray;
    let hasBegun = false;
    const write = async (chunk: Uint8Array | string) => {
      if (chunk.length === 0) return;
      gone.signal.throwIfAborted();
      if (!response.headersSent) response.writeHead(200, { "content-type": typeOf(to), ...guardingData });
      // A copy: what is written waits, and the bytes given are used again.
      if (!response.write(Buffer.from(chunk as Uint8Array))) await once(response, "drain", gone);
    };
    const writeLines = async (lines: Uint8Array) => {
      if (!isJsonArray) return write(lines);
      for (let from = 0; from < lines.length; ) {
        const end = lines.indexOf(lineFeed, from);
        await write(hasBegun ? ",\n" : "[");
        await write(lines.subarray(from, end));
        hasBegun = true;
        from = end + 1;
      }
    };
    const done = await predictRows(loaded.predictor, { ...wishes, rows, to: rowFormats[to] }, writeLines);
    loaded.told(done.rows);
    if (isJsonArray) await write(hasBegun ? "]\n" : "[]\n");
    if (!response.headersSent) response.writeHead(200, { "content-type": typeOf(to), ...guardingData });
    response.end();
  }

  /** After the first answers, all that can be said is that these are not all: the body does not end as it should. */
  private refuse(response: ServerResponse, error: unknown, to: BodyFormat = "json"): void {
    if (response.destroyed) return;
    const refusal = refusalOf(error);
    if (refusal.status === 500) this.failed(error);
    if (!response.headersSent) refuse(response, refusal);
    else {
      if (to === "jsonl") response.write(errorsText(refusal.problems));
      setImmediate(() => response.socket?.destroySoon());
    }
  }
}

interface Asked {
  readonly loaded: Loaded;
  readonly wishes: Wishes;
  readonly from: BodyFormat;
  readonly to: BodyFormat;
}

interface Rows extends Asked {
  readonly rows: (columns: readonly string[], written: Written) => AsyncGenerator<RowBatch>;
  /** Whether answers in JSON are an array. */
  readonly isArray: boolean;
}

const lineFeed = 0x0a;

function arrayOf(answers: readonly Buffer[]): Buffer {
  const parts = answers.flatMap((answer, index) => [
    Buffer.from(index > 0 ? ",\n" : "["),
    answer.subarray(0, -1),
  ]);
  return Buffer.concat([...parts, Buffer.from(answers.length > 0 ? "]\n" : "[]\n")]);
}

function tooMany(what: string): Refusal {
  return new Refusal(429, { message: `the server has enough to do: ${what}` }, { "retry-after": "1" });
}
