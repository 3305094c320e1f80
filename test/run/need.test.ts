/** What a training needs is known before it is allocated. */
import { expect, test } from "vitest";
import type { Backend } from "../../src/engine/backend.ts";
import { checkRoom } from "../../src/run/need.ts";
import { UserError } from "../../src/support/errors.ts";

const backend = (freeBytes: number) => ({ card: { name: "Card", freeBytes } }) as Backend;
const need = { bytes: 3 * 2 ** 20, multiplyAdds: 1 };

test("a card with too little free memory is refused with both amounts, one with enough and a processor are not", () => {
  const refuse = () => checkRoom(need, backend(2 ** 20));
  expect(refuse).toThrow(UserError);
  expect(refuse).toThrow(
    "training needs about 3 MB of memory on the graphics card, and 1 MB of Card's are free",
  );
  for (const enough of [backend(need.bytes), {} as Backend]) checkRoom(need, enough);
});
