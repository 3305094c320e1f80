/** Small pictures as PNG files: 8 bits a colour, no more than that format needs. */
import { crc32, deflateSync } from "node:zlib";

/** Red, green, blue from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly colourAt: (row: number, column: number) => Colour;
}

export function png({ height, width, colourAt }: Picture): Uint8Array {
  const stride = 1 + 3 * width; // a row begins with the number of its filter: 0, none
  const pixels = Buffer.alloc(height * stride);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      pixels.set(colourAt(row, column), row * stride + 1 + 3 * column);
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 2], 8); // bits a colour; red, green and blue
  const parts = [chunk("IHDR", size), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** Pictures of one size side by side, so many in a row, each pixel `zoom` pixels wide, with gaps between. */
export function sheet(pictures: readonly Picture[], across: number, zoom: number): Picture {
  const { height = 0, width = 0 } = pictures[0] ?? {};
  const [cellHeight, cellWidth] = [height * zoom + gap, width * zoom + gap];
  const columns = Math.min(across, pictures.length);
  return {
    height: Math.ceil(pictures.length / across) * cellHeight + gap,
    width: columns * cellWidth + gap,
    colourAt(row, column) {
      const [y, x] = [row - gap, column - gap];
      const [top, left] = [y % cellHeight, x % cellWidth];
      const picture = pictures[Math.floor(y / cellHeight) * across + Math.floor(x / cellWidth)];
      if (y < 0 || x < 0 || top >= height * zoom || left >= width * zoom || !picture) return background;
      return picture.colourAt(Math.floor(top / zoom), Math.floor(left / zoom));
    },
  };
}

const gap = 4;
const background: Colour = [224, 224, 224];

/** Numbers row by row; below 0 blue, above 0 orange, white at 0, as in reports. */
export function divergingPicture(values: ArrayLike<number>, height: number, width: number): Picture {
  const most = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  return {
    height,
    width,
    colourAt(row, column) {
      const share = values[row * width + column]! / most;
      const end = share < 0 ? negative : positive;
      const mixed = end.map((to) => Math.round(255 + (to - 255) * Math.abs(share)));
      return mixed as unknown as Colour;
    },
  };
}

const negative: Colour = [31, 95, 208];
const positive: Colour = [201, 74, 20];

/** Numbers row by row, the least black and the largest white. */
export function greyPicture(values: ArrayLike<number>, height: number, width: number): Picture {
  const list = Array.from(values);
  const [least, most] = [Math.min(...list), Math.max(...list)];
  return {
    height,
    width,
    colourAt(row, column) {
      const level = Math.round((255 * (list[row * width + column]! - least)) / (most - least || 1));
      return [level, level, level];
    },
  };
}
