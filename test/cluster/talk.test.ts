/** What processes say to each other: the first decides, all hear the same. */
import { expect, test } from "vitest";
import { alone } from "../../src/cluster/peers.ts";
import { consult, fromFirst } from "../../src/cluster/talk.ts";
import { meshOf } from "./mesh.ts";

const sizes = [1, 2, 3, 5];

test.each(sizes)(
  "%i processes are asked, the first decides on all answers in order, and all get the decision",
  async (size) => {
    const heard = await Promise.all(
      meshOf(size).map((peers) =>
        consult(peers, { rank: peers.rank }, (all) => all.map(({ rank }) => 10 * rank)),
      ),
    );
    const expected = Array.from({ length: size }, (_, rank) => 10 * rank);
    expect(heard).toEqual(Array.from({ length: size }, () => expected));
  },
);

test.each(sizes)(
  "what the first of %i makes, and it alone, is what all have: numbers bit by bit",
  async (size) => {
    const made = { values: Float64Array.of(0.1, Number.NaN, -0), text: "é", none: undefined };
    let count = 0;
    const make = () => {
      count++;
      return made;
    };
    const heard = await Promise.all(meshOf(size).map((peers) => fromFirst(peers, make)));
    expect(heard).toEqual(Array.from({ length: size }, () => made));
    expect(count).toBe(1);
  },
);

test("one process decides by itself and speaks to nobody", async () => {
  expect(await consult(alone, 1, (all) => all.length)).toBe(1);
  expect(() => alone.send(1, 0, new Uint8Array(1))).toThrow("nobody to talk to");
});
