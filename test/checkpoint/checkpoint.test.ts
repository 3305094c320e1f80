import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  readCheckpoint,
  readWeights,
  UnknownFormat,
  writeCheckpoint,
} from "../../src/checkpoint/checkpoint.ts";
import { encodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { memorySource } from "../../src/support/byteSource.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { refusal, safetensors, scratch, smallModel, userError } from "./support.ts";

const encode = (model = smallModel()) => Buffer.concat(encodeCheckpoint(model).chunks);
const decode = (bytes: Uint8Array) => decodeCheckpoint(memorySource("a.ckpt", bytes));

/** The bytes with a digest that fits them: what a stranger who knows the format can make. */
function sealed(bytes: Buffer): Buffer {
  const headEnd = 8 + Number(bytes.readBigUInt64LE());
  const at = bytes.indexOf('"sha256":"') + 10;
  bytes.write("0".repeat(64), at, "latin1");
  const hash = createHash("sha256").update(bytes.subarray(headEnd)).update(bytes.subarray(0, headEnd));
  bytes.write(hash.digest("hex"), at, "latin1");
  return bytes;
}

describe("a model file", () => {
  it("gives back what was saved, bit for bit", () => {
    const model = smallModel();
    expect(decode(encode(model))).toMatchObject(model);
    expect(decode(encode(model)).parameters[0]?.values[4]).toBe(-0);
  });

  it("has equal bytes for equal models", () => expect(encode(smallModel())).toEqual(encode(smallModel())));

  it("has the sha256 of its parameters alone beside that of the file", () => {
    const { digests } = decode(encode());
    const bytes = smallModel().parameters.map(({ values }) => Buffer.from(values.buffer));
    expect(digests.weights).toBe(createHash("sha256").update(Buffer.concat(bytes)).digest("hex"));
    expect(digests).toEqual(encodeCheckpoint(smallModel()).digests);
    const trainedOn = smallModel({ optimizer: [], training: { epoch: 2, step: 6 } });
    expect(encodeCheckpoint(trainedOn).digests.weights).toBe(digests.weights);
    expect(encodeCheckpoint(trainedOn).digests.sha256).not.toBe(digests.sha256);
  });

  it("is refused with bytes added", () => {
    refusal(exitCodes.model, () => decode(Buffer.concat([encode(), Buffer.alloc(1)])));
  });

  it("loads without the optimizer's state, still verified", () => {
    const path = join(scratch(), "a.ckpt");
    writeCheckpoint(path, smallModel());
    const { parameters, buffers, optimizer, layout } = readCheckpoint(path, "model");
    expect([parameters.length, buffers.length, optimizer.length, layout.length]).toEqual([2, 1, 0, 5]);
    expect(readCheckpoint(path, "none").parameters).toEqual([]);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    for (const wanted of ["all", "model", "none"] as const)
      expect(refusal(exitCodes.model, () => readCheckpoint(path, wanted))).toContain(
        `${path}: the file is damaged`,
      );
  });

  it("of more than 4 MB is verified piece by piece and read the same", () => {
    const path = join(scratch(), "large.ckpt");
    const values = Float32Array.from({ length: 1_100_000 }, (_, index) => index);
    const large = { name: "layers.0.weight", shape: [1_100_000], values };
    const digests = writeCheckpoint(path, smallModel({ parameters: [large], optimizer: [] }));
    const read = readCheckpoint(path);
    expect(read.digests).toEqual(digests);
    expect(Buffer.compare(Buffer.from(read.parameters[0]!.values.buffer), Buffer.from(values.buffer))).toBe(
      0,
    );
    truncateSync(path, statSync(path).size - 1);
    refusal(exitCodes.model, () => readCheckpoint(path));
  });
});

describe("saving", () => {
  it("writes several paths at once, each replaced as a whole", () => {
    const directory = scratch();
    const [best, last] = [join(directory, "best.ckpt"), join(directory, "last.ckpt")];
    writeCheckpoint([best, last], smallModel());
    writeCheckpoint(last, smallModel({ training: { epoch: 2, step: 6 } }));
    expect(readCheckpoint(best).training.epoch).toBe(1);
    expect(readCheckpoint(last).training.epoch).toBe(2);
    expect(readdirSync(directory)).toEqual(["best.ckpt", "last.ckpt"]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses a weight of %d",
    (value) => {
      const path = join(scratch(), "a.ckpt");
      const bad = { name: "layers.0.bias", shape: [2], values: Float32Array.of(1, value) };
      const message = refusal(exitCodes.diverged, () =>
        writeCheckpoint(path, smallModel({ parameters: [bad] })),
      );
      expect(message).toContain(`layers.0.bias holds ${value} at element 1`);
      expect(existsSync(path)).toBe(false);
    },
  );

  it("takes what JSON would lose for a bug", () => {
    for (const value of [Number.NaN, new Float32Array(2), new Map()])
      expect(() => encode(smallModel({ preprocessing: { value } }))).toThrow("assertion");
  });

  it("refuses what it would not read again, and nothing less", () => {
    const nested = (levels: number): object => (levels === 1 ? {} : { "[[": nested(levels - 1) });
    expect(decode(encode(smallModel({ spec: nested(64) }))).spec).toEqual(nested(64));
    const message = refusal(exitCodes.data, () => encode(smallModel({ spec: nested(65) })));
    expect(message).toContain("nests deeper than 64 levels");
  });

  it("says which limit a huge preprocessing breaks", () => {
    const preprocessing = { categories: "x".repeat(17 * 2 ** 20) };
    expect(refusal(exitCodes.data, () => encode(smallModel({ preprocessing })))).toContain(
      "the header of spec and preprocessing takes",
    );
  });
});

describe("a stranger's model file with a digest that fits is refused", () => {
  const edited = (from: string, to: string) => {
    const bytes = encode();
    const headEnd = 8 + Number(bytes.readBigUInt64LE());
    const header = bytes.toString("utf8", 8, headEnd);
    expect(header).toContain(from);
    return sealed(safetensors(header.replace(from, to), bytes.subarray(headEnd)));
  };

  it("unless nothing is wrong", () => expect(userError(() => decode(sealed(encode())))).toBeNull());

  test.each([
    ["a spec that is no JSON", '"spec":"{', '"spec":"{{', "spec is not valid JSON"],
    ["a spec that is no object", '"spec":"', '"spec":"[]","old":"', "spec is not a JSON object"],
    ["progress that is no count", '\\"step\\":3', '\\"step\\":-3', "has no epoch and step"],
    ["missing metadata", '"training"', '"schooling"', "training is missing"],
    ["buffers without names", '"buffers":"[', '"buffers":"[1,', "not a list of names"],
    ["a digest that is not first", '{"sha256"', '{"nnt2":"","sha256"', "not in its place"],
  ])("for %s", (_, from, to, says) => {
    expect(refusal(exitCodes.model, () => decode(edited(from, to)))).toContain(says);
  });

  test.each([
    [
      "deeper than anybody means",
      `"spec":"${"[".repeat(100)}${"]".repeat(100)}","old":"`,
      "nests deeper than 64",
    ],
    [
      "with more values than fit",
      `"spec":"[${"[],".repeat(1_000_000)}[]]","old":"`,
      "holds more than 1000000",
    ],
  ])("for metadata %s", (_, spec, says) => {
    expect(refusal(exitCodes.model, () => decode(edited('"spec":"', spec)))).toContain(says);
  });

  it("for a format version from the future, and told apart from damage", () => {
    const bytes = edited('"format_version":"1"', '"format_version":"2"');
    expect(refusal(exitCodes.model, () => decode(bytes))).toContain(
      "expected version 1, which this nnt reads",
    );
    expect(userError(() => decode(bytes))).toBeInstanceOf(UnknownFormat);
  });

  it("for weights that are not finite", () => {
    const bytes = encode();
    bytes.writeFloatLE(Number.NaN, 8 + Number(bytes.readBigUInt64LE()) + 4);
    expect(refusal(exitCodes.model, () => decode(sealed(bytes)))).toContain("holds NaN at element 1");
  });
});

describe("weights to start from", () => {
  it("come from a model file, without the optimizer's state", () => {
    const path = join(scratch(), "a.ckpt");
    writeCheckpoint(path, smallModel());
    const names = readWeights(path).map(({ name }) => name);
    expect(names).toEqual(["layers.0.weight", "layers.0.bias", "layers.1.running_mean"]);
  });

  it("come from any safetensors file, if they are finite", () => {
    const path = join(scratch(), "weights.safetensors");
    const values = Float32Array.of(1, 2);
    const { head, data } = encodeSafetensors([{ name: "w", shape: [2], values }], new Map());
    writeFileSync(path, Buffer.concat([head, ...data]));
    expect(readWeights(path)).toEqual([{ name: "w", shape: [2], values }]);
    writeFileSync(
      path,
      safetensors({ w: { dtype: "F16", shape: [], data_offsets: [0, 2] } }, Buffer.from([0, 0x7c])),
    );
    expect(refusal(exitCodes.model, () => readWeights(path))).toContain("Infinity");
  });

  it("of a file that is no model are pointed to init.from", () => {
    const path = join(scratch(), "weights.safetensors");
    writeFileSync(path, safetensors("{}"));
    const error = userError(() => readCheckpoint(path));
    expect(error).toBeInstanceOf(UserError);
    expect(error?.problems[0]?.hint).toContain("init: { from: … }");
  });
});

describe("what is no file at all is an I/O problem:", () => {
  it("a missing one", () => {
    expect(refusal(exitCodes.io, () => readCheckpoint("/nowhere/a.ckpt"))).toBe(
      "/nowhere/a.ckpt: cannot read: no such file or directory",
    );
  });

  it("a directory or a device", () => {
    const directory = join(scratch(), "run");
    mkdirSync(directory);
    expect(refusal(exitCodes.io, () => readCheckpoint(directory))).toContain("it is a directory");
    expect(refusal(exitCodes.io, () => readCheckpoint("/dev/zero"))).toContain("device or pipe");
  });
});

describe("a model file's every byte", { timeout: 60_000 }, () => {
  it("is missed when the file is cut there", () => {
    const bytes = encode();
    for (let length = 0; length < bytes.length; length++)
      refusal(exitCodes.model, () => decode(bytes.subarray(0, length)));
  });

  it("is missed when any bit of it is flipped", () => {
    const bytes = encode();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flip = () => {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      };
      flip();
      refusal(exitCodes.model, () => decode(bytes));
      flip();
    }
    expect(userError(() => decode(bytes))).toBeNull();
  });
});
