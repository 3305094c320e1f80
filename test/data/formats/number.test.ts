import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseNumber } from "../../../src/data/formats/number.ts";

const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength });
const decimals = fc
  .tuple(
    fc.constantFrom("", "-", "+"),
    fc.oneof(
      digits(25),
      fc.tuple(digits(12), digits(25)).map((parts) => parts.join(".")),
      digits(20).map((d) => `.${d}`),
    ),
    fc.oneof(
      fc.constant(""),
      fc.tuple(fc.constantFrom("e", "E", "e-", "e+"), digits(3)).map((parts) => parts.join("")),
    ),
  )
  .map((parts) => parts.join(""));

/** Decimals at and beside the middle between two neighbouring doubles, where rounding twice would go wrong. */
const midpoints = fc
  .tuple(
    fc.integer({ min: 0, max: 2 ** 53 }),
    fc.integer({ min: -40, max: 40 }),
    fc.integer({ min: 15, max: 40 }),
  )
  .map(([mantissa, shift, precision]) => {
    // (2m + 1) · 2^(shift − 1), as a fraction over a power of ten.
    const middle = 2n * (BigInt(mantissa) + 2n ** 52n) + 1n;
    const whole = shift > 0 ? middle << BigInt(shift - 1) : middle * 5n ** BigInt(1 - shift);
    const digits = String(whole);
    const exponent = shift > 0 ? 0 : shift - 1;
    return `${digits.slice(0, precision)}e${exponent + Math.max(0, digits.length - precision)}`;
  });

describe("a decimal number becomes", () => {
  test.each([
    ["0", 0],
    ["-0", -0],
    ["5.", 5],
    [".5", 0.5],
    [" 1\t", 1],
    ["+7", 7],
    ["0e999999999", 0],
    ["1e39", 1e39],
    ["-1e-100", -1e-100],
    ["-1e-400", -0],
    ["9007199254740993", 9007199254740992],
    ["9007199254740993.00000000000000001", 9007199254740994],
    ["1.7976931348623157e308", Number.MAX_VALUE],
    ["4.9e-324", 5e-324],
    ["0.0000000000000000000000000000000000000000000001e47", 10],
    ["1e-0000000000000000005", 1e-5],
  ])("%j is %d", (text, value) => expect(parse(text)).toBe(value));

  test("exactly Number(text), for every decimal string", () => {
    const check = (text: string) => {
      expect(parse(text)).toBe(wanted(text));
    };
    /** A digit far behind decides, if any. */
    const beside = (text: string, digit: string, zeros: number) => {
      if (/^[^e]*[.]/.test(text)) check(text.replace(/e|$/, (end) => `${"0".repeat(zeros)}${digit}${end}`));
    };
    fc.assert(fc.property(decimals, check), { numRuns: 5000 });
    fc.assert(fc.property(midpoints, check), { numRuns: 5000 });
    fc.assert(fc.property(midpoints, fc.constantFrom("1", "0"), fc.nat(150), beside), { numRuns: 1000 });
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), check), {
      numRuns: 3000,
    });
  });
});

test.each([
  ...[
    "0x10",
    "1_000",
    "12abc",
    "1,5",
    "Infinity",
    "-Infinity",
    "NaN",
    "1e999",
    "4e492493924924",
    "",
    " ",
    "-",
  ],
  ...[".", "e5", "1e", "1e+", "--1", "1.2.3", "1 2", "١", "1e5.5", "0b1", "1f"],
])("%j is no number", (text) => expect(parse(text)).toBeNaN());

test("hundreds of digits are a number where a double holds it, and none where not", () => {
  const sevens = (count: number) => "7".repeat(count);
  for (const text of [
    sevens(38),
    `${sevens(300)}e-280`,
    `0.${sevens(400)}`,
    `${sevens(400)}e-390`,
    sevens(300),
  ])
    expect(parse(text)).toBe(Number(text));
  expect(parse(sevens(310))).toBeNaN();
  expect(parse(`-${sevens(309)}.5e-1`)).toBe(Number(`-${sevens(309)}.5e-1`));
});

/** The bytes stand between others, as in a file; what these are makes no difference. */
function parse(text: string): number {
  const [value, ...others] = ["9", ".", "-", "+", " ", "\t", "e5", "5e"].map((beside) => {
    const bytes = Buffer.from(`${beside}${text}${beside}`);
    return parseNumber(bytes, beside.length, bytes.length - beside.length);
  });
  if (others.some((other) => !Object.is(other, value))) throw new Error(`${text}: ${value}, ${others}`);
  return value!;
}

/** A number beyond any double is none. */
function wanted(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}
