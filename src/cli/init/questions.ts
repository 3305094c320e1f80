/** Questions on stderr, answers from stdin, one a line; a wrong answer is told what is wrong, and asked again. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { exitCodes, sentence, UserError } from "../../support/errors.ts";
import type { Output } from "../output.ts";

export interface Questions {
  /** `read` throws a UserError for an answer that is none. An empty answer is the fallback. */
  ask<T>(question: string, fallback: string, read: (answer: string) => T | Promise<T>): Promise<T>;
  close(): void;
}

export function openQuestions(stdin: Readable, err: Output): Questions {
  const input = createInterface({ input: stdin });
  const lines = input[Symbol.asyncIterator](); // before anything is waited for, or lines would be lost
  return {
    async ask(question, fallback, read) {
      const { bold, dim } = await err.style();
      for (;;) {
        await err.prompt(`${bold(question)} ${fallback ? dim(`[${fallback}] `) : ""}`);
        const { value, done } = await lines.next();
        if (done) {
          await err.line("");
          throw new UserError(exitCodes.usage, { message: "the input ended before this was answered" });
        }
        try {
          return await read(String(value).trim() || fallback);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          for (const problem of error.problems)
            await err.line([sentence(problem), problem.hint].filter((part) => part).join("; "));
        }
      }
    },
    close: () => input.close(),
  };
}
