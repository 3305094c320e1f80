/** What processes tell each other besides numbers: small things as values, everything once and in one order. */
import { deserialize, serialize } from "node:v8";
import { channels, type Peers, type Transfer } from "./peers.ts";

/** Longer texts travel in parts: MPI counts bytes in 31 bits. */
const mostBytes = 2 ** 28;

/**
 * Every process says its own; the first decides, and all get the decision. All must ask the same questions in the same
 * order. Values are those that `node:v8` serializes.
 */
export async function consult<Own, Decision>(
  peers: Peers,
  own: Own,
  decide: (all: readonly Own[]) => Decision | Promise<Decision>,
): Promise<Decision> {
  if (peers.size === 1) return decide([own]);
  if (peers.rank > 0) {
    await tell(peers, 0, serialize(own));
    return deserialize(await hear(peers, 0)) as Decision;
  }
  const all = [own];
  for (let rank = 1; rank < peers.size; rank++) all.push(deserialize(await hear(peers, rank)) as Own);
  const decision = await decide(all);
  await tellAll(peers, decision);
  return decision;
}

/** What the first process makes, in all of them. */
export async function fromFirst<Made>(peers: Peers, make: () => Made | Promise<Made>): Promise<Made> {
  if (peers.rank > 0) return deserialize(await hear(peers, 0)) as Made;
  const made = await make();
  await tellAll(peers, made);
  return made;
}

/** What any process has to say, the first of them first; null: none has. */
export async function anyOf<Said>(peers: Peers, own: Said | null): Promise<Said | null> {
  return consult(peers, own, (all) => all.find((said) => said !== null) ?? null);
}

/** Sends bytes to another process, which hears them by `hear`; they stay untouched until all that is given is over. */
export function telling(peers: Peers, to: number, bytes: Uint8Array): Transfer[] {
  const sent = [peers.send(to, channels.talk, Float64Array.of(bytes.length))];
  for (let at = 0; at < bytes.length; at += mostBytes)
    sent.push(peers.send(to, channels.talk, bytes.subarray(at, at + mostBytes)));
  return sent;
}

export async function tell(peers: Peers, to: number, bytes: Uint8Array): Promise<void> {
  for (const transfer of telling(peers, to, bytes)) await peers.settle(transfer);
}

export async function hear(peers: Peers, from: number): Promise<Uint8Array> {
  const length = new Float64Array(1);
  await peers.settle(peers.receive(from, channels.talk, length));
  const bytes = new Uint8Array(length[0]!);
  for (let at = 0; at < bytes.length; at += mostBytes)
    await peers.settle(peers.receive(from, channels.talk, bytes.subarray(at, at + mostBytes)));
  return bytes;
}

/** The bytes that the first process reads, in all of them: the others' own source is not looked at. */
export async function* bytesOfFirst(
  peers: Peers,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (peers.size === 1) yield* source;
  else if (peers.rank > 0) {
    for (;;) {
      const bytes = await hear(peers, 0);
      if (bytes.length === 0) return;
      yield bytes;
    }
  } else {
    const passOn = async (bytes: Uint8Array) => {
      for (let rank = 1; rank < peers.size; rank++) await tell(peers, rank, bytes);
    };
    for await (const bytes of source) {
      if (bytes.length === 0) continue;
      await passOn(bytes);
      yield bytes;
    }
    await passOn(new Uint8Array(0));
  }
}

async function tellAll(peers: Peers, value: unknown): Promise<void> {
  if (peers.size === 1) return;
  const bytes = serialize(value);
  for (let rank = 1; rank < peers.size; rank++) await tell(peers, rank, bytes);
}
