/** What a JSON text would build is counted before it is parsed: brackets and commas, but not those in texts. */
import { describe, expect, test } from "vitest";
import { excessOf } from "../../src/checkpoint/jsonSize.ts";

const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);
const tooDeep = "nests deeper than 64 levels";

describe("a JSON text", () => {
  test.each([
    ["lists", "[", "]"],
    ["objects", '{"a":', "}"],
  ])("may nest 64 %s", (_, open, close) => {
    expect(excessOf(nested(64, open, close))).toBeNull();
    expect(excessOf(nested(65, open, close))).toBe(tooDeep);
    const many = Array(9)
      .fill(nested(63, open, close))
      .join(",");
    expect(excessOf(`[${many}]`)).toBeNull();
    expect(excessOf(`[[${many}]]`)).toBe(tooDeep);
  });

  test("may hold a million values", () => {
    const zeros = (count: number) => `[${"0,".repeat(count - 1)}0]`;
    expect(excessOf(zeros(1_000_000))).toBeNull();
    expect(excessOf(zeros(1_000_001))).toBe("holds more than 1000000 values");
    expect(excessOf(`{"a":${zeros(999_998)},"b":0}`)).toBeNull();
    expect(excessOf(`{"a":${zeros(999_999)},"b":0}`)).toBe("holds more than 1000000 values");
  });

  test.each(["", '"', '\\"', "\\", '\\\\"', 'é"'])("may hold anything in texts: %j and brackets", (start) => {
    const text = JSON.stringify(start + nested(100) + nested(100, "{", "}"));
    expect(excessOf(text)).toBeNull();
    expect(excessOf(`[${text},${nested(64)}]`)).toBe(tooDeep);
    expect(excessOf(`[${JSON.stringify(start)},${nested(63)}]`)).toBeNull();
    expect(excessOf(`[${JSON.stringify(start)},${nested(64)}]`)).toBe(tooDeep);
  });

  test.each(['"', '"\\', '["[[', "]]]]"])("that is none is none of its business: %j", (text) => {
    expect(excessOf(text)).toBeNull();
  });
});
