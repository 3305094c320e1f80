/** Numbers, times and sizes as people read them, and how much room a text takes. Knows no terminal. */

/** A metric with four significant digits: 0.9722, 1.000, 12.35, 1.235e-7; large whole numbers whole. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size === 0 || (Number.isInteger(value) && size >= 1000 && size < 1e6)) return String(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(3).replace("e+", "e");
  return value.toPrecision(4).replace(/e\+?(-?\d+)$/, (_, power) => `e${power}`);
}

/** A number in the data's own unit: 9,314, 0.8725, 12.35. */
export function quantity(value: number): string {
  const isLarge = Math.abs(value) >= 999.95 && Math.abs(value) < 1e9;
  return isLarge ? count(value) : figure(value);
}

/** 12,345. By hand: the first toLocaleString of a process takes 20 ms. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 row`, `2 rows`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** Bytes: 512 B, 38.4 kB, 1.2 MB; powers of 1000. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let size = value;
  for (; size >= 999.5 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Seconds: 85 ms, 1.2 s, 2 min 05 s, 1 h 02 min. */
export function time(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 0.0995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${pad(whole % 60)} s`;
  return `${count(Math.floor(minutes / 60))} h ${pad(minutes % 60)} min`;
}

export function shape(sizes: readonly number[]): string {
  return `[${sizes.join(", ")}]`;
}

/** The columns of a terminal that a text takes; colours take none, East Asian characters two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of withoutColour(text)) {
    if (wide.test(character)) width += 2;
    else if (!takesNoRoom.test(character)) width++;
  }
  return width;
}

/** The text in at most `width` columns, cut with an ellipsis. It must not hold colours. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let room = width - 1;
  for (const character of text) {
    room -= widthOf(character);
    if (room < 0) break;
    kept += character;
  }
  return width > 0 ? `${kept}…` : "";
}

/** Words in lines of at most `width` columns; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

const takesNoRoom = /[\p{Mn}\p{Me}\p{Cf}]/u;

function withoutColour(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts a colour
  return text.replace(/\u001b\[[\d;]*m/g, "");
}
