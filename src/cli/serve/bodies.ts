/** Bodies of requests, read whole: none larger than is allowed, and all together no more than there is memory for. */
import type { IncomingMessage } from "./listener.ts";
import { Refusal } from "./replies.ts";

/** Of all bodies that are being read or answered. */
const mostBytes = 256 * 2 ** 20;
/** Of a body that is refused: so much is read and thrown away, for its sender to get to read why. */
const mostIgnored = 64 * 2 ** 20;

export class Bodies {
  private held = 0;

  /** @param largest bytes of one body */
  constructor(private readonly largest: number) {}

  /**
   * Calls one of the two, `done` with what says that the body is no longer needed; neither where the client goes away
   * before.
   */
  read(
    request: IncomingMessage,
    done: (body: Buffer, forget: () => void) => void,
    refused: (refusal: Refusal) => void,
  ): void {
    const chunks: Buffer[] = [];
    let size = 0;
    let isRefused = false;
    const forget = () => {
      this.held -= size;
      size = 0;
      chunks.length = 0;
    };
    const refuse = (refusal: Refusal) => {
      isRefused = true;
      forget();
      ignoreRest(request);
      refused(refusal);
    };
    request.on("data", (chunk: Buffer) => {
      if (isRefused) return;
      size += chunk.length;
      this.held += chunk.length;
      chunks.push(chunk);
      if (size > this.largest) refuse(this.tooLarge());
      else if (this.held > mostBytes) refuse(busy());
    });
    request.on("end", () => {
      if (!isRefused) done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), forget);
    });
    request.on("error", forget); // the client went away
    if (Number(request.headers["content-length"]) > this.largest) refuse(this.tooLarge());
  }

  private tooLarge(): Refusal {
    return new Refusal(413, {
      message: "the body is too large",
      expected: `${this.largest / 2 ** 20} MB at most`,
      hint: "CSV and JSON Lines are answered as they come, however long they are; --max-body N allows more",
    });
  }
}

/** Reads what nobody wants, unless it is very much. */
export function ignoreRest(request: IncomingMessage): void {
  let ignored = 0;
  request.on("data", (chunk: Buffer) => {
    ignored += chunk.length;
    if (ignored > mostIgnored) request.destroy();
  });
}

function busy(): Refusal {
  return new Refusal(503, { message: "the server has no memory for more requests" }, { "retry-after": "1" });
}
