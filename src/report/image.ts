/** A small grey image as characters, two per pixel, as a terminal's cells are twice as high as wide. */

const shades = [" ", "░", "▒", "▓", "█"] as const;

/** Values row by row, the darkest for the largest; `width` columns of a terminal cut what does not fit. */
export function drawImage(values: ArrayLike<number>, columns: number, width: number): string[] {
  const list = Array.from(values);
  const largest = list.reduce((most, value) => Math.max(most, value), Number.MIN_VALUE);
  const characters = list.map((value) => {
    const level = Math.round((Math.max(0, value) / largest) * (shades.length - 1));
    return shades[level]!.repeat(2);
  });
  return Array.from({ length: Math.ceil(list.length / columns) }, (_, row) =>
    characters
      .slice(row * columns, (row + 1) * columns)
      .join("")
      .slice(0, width)
      .trimEnd(),
  );
}
