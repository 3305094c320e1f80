/** What a CI service that runs GitHub Actions is told: annotations at lines of files. */
import { relative, resolve } from "node:path";
import { type Problem, sentence } from "../support/errors.ts";
import type { Environment } from "./style.ts";
import { printable, withoutDirectives } from "./terminal.ts";

export function isOnGitHub(env: Environment): boolean {
  return env.GITHUB_ACTIONS === "true";
}

/** A line that the service obeys: made of escaped parts only. */
export class WorkflowCommand {
  readonly text: string;

  /** `::name property=…,property=…::message`; the parts of the message are lines. */
  constructor(
    name: string,
    properties: Readonly<Record<string, string | number | undefined>>,
    message: readonly string[],
  ) {
    const told = Object.entries(properties).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${escapeProperty(shown(String(value)))}`],
    );
    this.text = `::${name} ${told.join(",")}::${escapeMessage(message.map(shown).join("\n"))}`;
  }
}

/** `::error file=…,line=…,col=…::message`, a line that the service turns into an annotation; files from the workspace. */
export function annotation(kind: "error" | "warning", problem: Problem, env: Environment): WorkflowCommand {
  const { file, line, column, hint } = problem;
  const place = { file: file && fromWorkspace(file, env), line, col: column, title: "nnt" };
  const message = sentence({ ...problem, file: undefined, line: undefined, column: undefined });
  return new WorkflowCommand(kind, place, hint ? [message, hint] : [message]);
}

function fromWorkspace(file: string, { GITHUB_WORKSPACE: workspace }: Environment): string {
  return workspace ? relative(workspace, resolve(file)) : file;
}

const shown = (text: string) => withoutDirectives(printable(text));

const escapeMessage = (text: string) =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapeProperty = (text: string) => escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
