/** Commands on hostile models for `npm run test:sanitize`, those that compute with native kernels. */
import { expect, test } from "vitest";
import { hostileModel, runOnModel } from "../fuzz/commands.ts";
import { fuzz } from "../fuzz/fuzz.ts";

test("no model makes a native kernel read or write beyond its blocks", async () => {
  const { failures } = await fuzz(
    { make: hostileModel, read: (bytes) => runOnModel(bytes, "native"), share: 1 },
    120,
    5,
  );
  expect(failures.filter((failure) => !/\d ms$/.test(failure))).toEqual([]);
});
