/** Slanted images stand upright: strokes of a known slant, whatever the way they come to the model. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { deskew } from "../../../src/data/preprocessing/deskew.ts";
import { run } from "../../cli/host.ts";
import { folder, put } from "../../cli/program.ts";

const [height, width] = [9, 11];
const whole = { shape: [height, width], deskew: { rounded: true } };

/** A stroke two pixels wide that leans by so many columns a row. */
function stroke(slant: number, ink = 200): number[] {
  return Array.from({ length: height * width }, (_, i) => {
    const [r, c] = [Math.floor(i / width), i % width];
    const left = Math.round(5 + slant * (r - 4));
    return r > 0 && r < height - 1 && (c === left || c === left + 1) ? ink : 0;
  });
}

describe("deskew", () => {
  test.each([0.5, -0.5, 1, -1])("a stroke that leans by %d columns a row is made upright", (slant) => {
    const image = Uint8Array.from(stroke(slant));
    deskew(image, whole);
    const centres = Array.from({ length: height - 2 }, (_, r) => {
      const row = [...image.subarray((r + 1) * width, (r + 2) * width)];
      return row.reduce((sum, ink, c) => sum + ink * c, 0) / row.reduce((sum, ink) => sum + ink, 0);
    });
    for (const centre of centres) expect(Math.abs(centre - 5.5)).toBeLessThan(0.6);
    const before = stroke(slant).reduce((sum, ink) => sum + ink, 0);
    expect(Math.abs(image.reduce((sum, ink) => sum + ink, 0) / before - 1)).toBeLessThan(0.01);
  });

  test("what is upright, flat or empty stays to the bit", () => {
    const flat = stroke(0).map((_, i) => (Math.floor(i / width) === 4 ? 9 : 0));
    for (const image of [stroke(0), flat, flat.map(() => 0)]) {
      const values = Float32Array.from(image);
      deskew(values, { ...whole, deskew: { rounded: false } });
      expect([...values]).toEqual(image);
    }
  });

  test("every image is straightened by itself", () => {
    const images = [stroke(1), stroke(-0.5), stroke(0)];
    const alone = images.flatMap((image) => {
      const values = Uint8Array.from(image);
      deskew(values, whole);
      return [...values];
    });
    const together = Uint8Array.from(images.flat());
    deskew(together, whole);
    expect([...together]).toEqual(alone);
  });
});

const directory = folder();
const path = (name: string) => join(directory, name);

function idx(shape: readonly number[], values: readonly number[]): Buffer {
  const sizes = Buffer.alloc(4 * shape.length);
  for (const [i, size] of shape.entries()) sizes.writeUInt32BE(size, 4 * i);
  return Buffer.concat([Buffer.from([0, 0, 8, shape.length]), sizes, Buffer.from(values)]);
}

describe("a model of deskewed images", () => {
  const images = Array.from({ length: 40 }, (_, i) => stroke((i % 9) / 4 - 1, 100 + 3 * i));
  const argv = (name: string) => ["train", path("spec.yaml"), "--out", path(name), "--quiet"];

  beforeAll(async () => {
    put(directory, {
      "images.idx": idx([40, height, width], images.flat()),
      "labels.idx": idx(
        [40],
        images.map((_, i) => i % 2),
      ),
      "spec.yaml":
        "data: { train: { images: images.idx, labels: labels.idx }, deskew: true }\ntrain: { epochs: 2 }\n",
    });
    expect(await run(argv("run"))).toMatchObject({ code: 0, err: "" });
  });

  test("gives rows from stdin, as CSV and JSON Lines, the answers that it gives to the file", async () => {
    const model = join(path("run"), "best.ckpt");
    const { out: expected } = await run(["predict", model, "--images", path("images.idx"), "--proba"]);
    const header = images[0]!.map((_, i) => `pixel_${i}`);
    const csv = `${header.join(",")}\n${images.map((image) => image.join(",")).join("\n")}\n`;
    expect((await run(["predict", model, "--proba"], { stdin: csv })).out).toBe(expected);
    const lines = images.map((image) =>
      JSON.stringify(Object.fromEntries(image.map((v, i) => [header[i], v]))),
    );
    const argv = ["predict", model, "--from", "jsonl", "--to", "csv", "--proba"];
    expect((await run(argv, { stdin: lines.join("\n") })).out).toBe(expected);
  });

  test("takes it along into a module, and refuses files that cannot", async () => {
    const model = join(path("run"), "best.ckpt");
    expect(await run(["export", model, "-o", path("model.mjs")])).toMatchObject({ code: 0 });
    const { predict } = await import(path("model.mjs"));
    const { out } = await run(["predict", model, "--images", path("images.idx"), "--to", "jsonl", "--proba"]);
    for (const [i, line] of out.trim().split("\n").entries()) {
      const { probabilities } = JSON.parse(line);
      const own = predict(images[i]).probabilities;
      for (const name of ["0", "1"]) expect(own[name]).toBeCloseTo(probabilities[name], 5);
    }
    for (const to of ["onnx", "torch"]) {
      const { code, err } = await run(["export", model, "--to", to]);
      expect([code, err]).toEqual([2, expect.stringContaining("straightens its images")]);
    }
  });

  test("is another than one of the images as they are", async () => {
    expect(await run([...argv("plain"), "--set", "data.deskew=false"])).toMatchObject({ code: 0 });
    const weights = (name: string) =>
      JSON.parse(readFileSync(join(path(name), "summary.json"), "utf8")).weights_sha256;
    expect(weights("plain")).not.toBe(weights("run"));
  });
});
