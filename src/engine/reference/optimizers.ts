/** A step of an optimizer; the rules are in ../optimizers.ts. */
import { rules } from "../optimizers.ts";
import type { Verbs } from "../verbs.ts";

/** One pass over all of θ. */
export const optimize: Verbs["optimize"] = (theta, gradient, slots, { rule, scalars }) => {
  const vectors = {
    theta: theta.host,
    gradient: gradient.host,
    slots: slots.map((slot) => slot?.host),
  };
  rules[rule].update(vectors, scalars);
};
