/** How requests are answered over HTTP: a body with its type, or what was wrong with the request, as JSON. */
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import { guarding, guardingData, type ServerResponse } from "./listener.ts";

/** A request that gets no answer, and the status that says so. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problems: readonly Problem[];

  constructor(
    readonly status: number,
    problems: Problem | readonly Problem[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    const list = "message" in problems ? [problems] : problems;
    super(list[0]?.message);
    this.problems = list;
  }
}

const statuses = new Map<number, number>([
  [exitCodes.usage, 400],
  [exitCodes.data, 422],
]);

/** What a failure is to the client; a fault of the server's own stays with the server. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = error instanceof UserError ? statuses.get(error.exitCode) : undefined;
  if (error instanceof UserError && status !== undefined)
    return new Refusal(status, error.problems.map(asParameter));
  return new Refusal(500, { message: "the server has failed to answer" });
}

/** `--top-k: …` is `top_k: …` in a query. */
function asParameter(problem: Problem): Problem {
  const message = problem.message.replace(/^--[\w-]+/, (flag) => flag.slice(2).replaceAll("-", "_"));
  return { ...problem, message };
}

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = guardingData,
): void {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
  response.end(body);
}

export function sendPage(response: ServerResponse, page: string): void {
  send(response, 200, "text/html; charset=utf-8", page, guarding);
}

export function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 200, "application/json", `${JSON.stringify(value)}\n`);
}

/** `{"errors":[{"message":…,"expected":…,"hint":…,"line":…}]}`. */
export function refuse(response: ServerResponse, { status, problems, headers }: Refusal): void {
  send(response, status, "application/json", errorsText(problems), {
    ...guardingData,
    ...headers,
  });
}

export function errorsText(problems: readonly Problem[]): string {
  const errors = problems.map(({ line, column, message, expected, hint }) => ({
    line,
    column,
    message,
    expected,
    hint,
  }));
  return `${JSON.stringify({ errors })}\n`;
}
