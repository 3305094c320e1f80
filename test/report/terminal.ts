/**
 * A terminal of a given width as far as redrawing in place needs one: text, newlines, moving up, clearing. It breaks
 * lines anew when its width changes, as most terminals do.
 */
import { widthOf } from "../../src/report/text.ts";

export class Terminal {
  readonly rows: number;
  columns: number;
  /** Lines as they were written, broken or not. */
  private readonly lines = [""];
  /** The line and the place in it at which the next character goes. */
  private at = { line: 0, place: 0 };

  constructor(columns: number, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
    for (const [part, parameter = "", command] of text.matchAll(/\u001b\[(\??\d*)([A-Za-z])|[^\u001b]/gu)) {
      if (command !== undefined) this.control(command, parameter);
      else if (part === "\n") this.newline();
      else this.put(part);
    }
  }

  /** What it shows, without spaces at the ends. */
  text(): string[] {
    return this.lines.map((line) => line.trimEnd());
  }

  private put(character: string): void {
    const { line, place } = this.at;
    const text = (this.lines[line] ?? "").padEnd(place);
    this.lines[line] = text.slice(0, place) + character + text.slice(place + 1);
    this.at.place++;
  }

  private newline(): void {
    this.at = { line: this.at.line + 1, place: 0 };
    while (this.lines.length <= this.at.line) this.lines.push("");
  }

  private control(command: string, parameter: string): void {
    const { line, place } = this.at;
    const number = Number(parameter) || 1;
    if (command === "G") this.at.place = number - 1;
    else if (command === "A") for (let i = 0; i < number; i++) this.up();
    else if (command === "K" && parameter === "2") this.lines[line] = "";
    else if (command === "K") this.lines[line] = this.lines[line]!.slice(0, place);
    else if (command === "J") {
      this.lines.length = line + 1;
      this.lines[line] = this.lines[line]!.slice(0, place);
    } else if (command !== "h" && command !== "l" && command !== "m")
      throw new Error(`the terminal does not know ${JSON.stringify(command)}`);
  }

  /** One row up: in a broken line, or to the last row of the line above. */
  private up(): void {
    const { columns } = this;
    if (this.at.place >= columns) this.at.place -= columns;
    else if (this.at.line > 0) {
      this.at.line--;
      const width = widthOf(this.lines[this.at.line]!);
      this.at.place += Math.max(0, Math.ceil(width / columns) - 1) * columns;
    }
  }
}
