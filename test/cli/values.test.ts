/** Values of options, as written and as meant. */
import { describe, expect, test } from "vitest";
import { failedGates, gate } from "../../src/cli/gates.ts";
import { duration, integer, names, WrongValue } from "../../src/cli/values.ts";
import { namesIn } from "../../src/support/names.ts";

describe("a time", () => {
  test.each([
    ["90s", 90],
    ["10m", 600],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["1h1m1s", 3661],
  ])("%s is %d seconds", (written, seconds) => expect(duration.parse(written)).toBe(seconds));

  test.each(["", "0s", "10", "10 m", "-1s", "1s1m", "1d", "h", "1e3s", "Infinitys"])("is not %j", (written) =>
    expect(() => duration.parse(written)).toThrow(WrongValue),
  );
});

describe("a whole number", () => {
  test("goes up to 2⁵³ − 1", () => expect(integer("N", 0).parse("9007199254740991")).toBe(2 ** 53 - 1));

  test.each(["9007199254740992", "1e3", "0x10", "1_000", " 1", "1.0", "+1", "", "NaN"])(
    "is not %j",
    (written) => expect(() => integer("N", 0).parse(written)).toThrow(WrongValue),
  );
});

describe("names", () => {
  test.each([
    ["id, name", ["id", "name"]],
    ['id,"a, b" , c', ["id", "a, b", "c"]],
    ['"say ""a"""', ['say "a"']],
    ["a b", ["a b"]],
  ])("%j are %j", (written, list) => {
    expect(names("COLS").parse(written)).toBe(written);
    expect(namesIn(written)).toEqual(list);
  });

  test("are one where the whole text is a name", () =>
    expect(namesIn("happy, 1-10", ["happy, 1-10"])).toEqual(["happy, 1-10"]));

  test.each(["", ",", "a,", "a,,b", ",a"])("are not %j", (written) =>
    expect(() => names("COLS").parse(written)).toThrow(WrongValue),
  );
});

describe("a gate", () => {
  const met = (written: string, value: number) =>
    failedGates([gate.parse(written)], { accuracy: value }).length === 1;

  test.each([
    ["accuracy<0.97", 0.96, 0.97],
    ["accuracy <= 0.97", 0.97, 0.98],
    ["accuracy>.5", 0.6, 0.5],
    ["accuracy>=5e-1", 0.5, 0.4],
    ["accuracy==1", 1, 0.999],
    ["accuracy!=1", 0.999, 1],
    [" accuracy < -1 ", -2, -1],
  ])("%s is met by %d and not by %d", (written, meets, meetsNot) => {
    expect(met(written, meets)).toBe(true);
    expect(met(written, meetsNot)).toBe(false);
  });

  test("is met by a metric that is not a number", () => expect(met("accuracy>0.5", Number.NaN)).toBe(true));

  test("on an unknown metric is told with the nearest and all that there are", () => {
    const known = { loss: 1, accuracy: 1 };
    expect(() => failedGates([gate.parse("acuracy<1")], known)).toThrow(
      /"acuracy".*expected one of loss, accuracy/,
    );
  });

  test("does not take a name that every object has for a metric", () => {
    expect(() => failedGates([gate.parse("toString<1")], { loss: 1 })).toThrow(/no metric "toString"/);
  });

  test.each([
    "accuracy",
    "accuracy<",
    "<0.9",
    "accuracy=<1",
    "accuracy<nan",
    "accuracy<0.9.1",
    "accuracy<1,5",
  ])("is not %j", (written) => expect(() => gate.parse(written)).toThrow(WrongValue));
});
