/** Activations, forward and backward; their formulas are in ../activations.ts. */
import { activationOf } from "../activations.ts";
import type { Verbs } from "../verbs.ts";

/** A = g(Z). */
export const activate: Verbs["activate"] = (A, Z, name, parameter = 0) => {
  const { g } = activationOf(name);
  const a = A.block.host;
  const z = Z.block.host;
  for (let i = 0; i < A.size; i++) a[A.offset + i] = g(z[Z.offset + i]!, parameter);
};

/** dZ = dA ⊙ g′(Z). */
export const activateBackward: Verbs["activateBackward"] = (dZ, dA, Z, A, name, parameter = 0) => {
  const { dg } = activationOf(name);
  const dz = dZ.block.host;
  const da = dA.block.host;
  const z = Z.block.host;
  const a = A.block.host;
  for (let i = 0; i < dZ.size; i++) {
    dz[dZ.offset + i] = da[dA.offset + i]! * dg(z[Z.offset + i]!, a[A.offset + i]!, parameter);
  }
};
