/** What a text may become: which of its parts count, and how many numbers stand for them. */

/** The parts of a text, and how each is weighted. */
export interface TextInputs {
  /** Runs of up to so many words count. */
  readonly words: number;
  /** Runs of 3 to so many letters within words count; 0: none. */
  readonly letters: number;
  /** Parts are told apart by a hash up to this number. */
  readonly buckets: number;
  /**
   * Per bucket its weight in steps of 2⁻¹², 16 bit, little-endian, base64: the inverse document frequency, 0 of what
   * no training row has. null: all weigh the same.
   */
  readonly weights: string | null;
  /** Of a row's parts, those that weigh most are kept: at most so many. */
  readonly slots: number;
  /** Numbers that the network's first layer makes of them. */
  readonly width: number;
}

/** The inputs of a text: the numbers of its parts, −1 after the last, then their weights. */
export function textWidth({ slots }: TextInputs): number {
  return 2 * slots;
}

export function textInputNames(name: string, { slots }: TextInputs): string[] {
  return ["part", "weight"].flatMap((what) =>
    Array.from({ length: slots }, (_, slot) => `${what} ${slot + 1} of ${name}`),
  );
}
