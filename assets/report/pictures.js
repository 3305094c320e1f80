// biome-ignore-all lint/correctness/noUnusedVariables: the scripts that follow in the page use it
// Records and weights as small pictures, one pixel a number.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** color(byte) → [red, green, blue] for every pixel of a [height, width] picture. */
function paint(canvas, [height, width], base64, color) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  bytesOf(base64).forEach((byte, i) => {
    image.data.set([...color(byte), 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
}

const grey = (byte) => [byte, byte, byte];

/** −127 … 127: blue over the card's colour to orange. */
function diverging(isDark) {
  const middle = isDark ? [25, 29, 36] : [255, 255, 255];
  const [low, high] = isDark
    ? [
        [92, 148, 255],
        [245, 128, 66],
      ]
    : [
        [31, 95, 208],
        [201, 74, 20],
      ];
  return (byte) => {
    const weight = (byte > 127 ? byte - 256 : byte) / 127;
    const end = weight < 0 ? low : high;
    return middle.map((from, i) => from + (end[i] - from) * Math.min(1, Math.abs(weight)));
  };
}
