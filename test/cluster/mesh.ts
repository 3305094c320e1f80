/** Several processes' places in one: what one sends, another receives, after a delay where a test asks for one. */
import {
  type Channel,
  channels,
  type Peers,
  type SharedMemory,
  type Transfer,
  type Values,
} from "../../src/cluster/peers.ts";

interface Letter extends Transfer {
  readonly arrival: Promise<void>;
}

/** What has been sent and not received, or is waited for and has not been sent, of one channel between two. */
class Line {
  private readonly sent: Values[] = [];
  private readonly awaited: ((values: Values) => void)[] = [];

  constructor(private readonly delay: (bytes: number) => number) {}

  send(values: Values): Letter {
    const copy = values.slice();
    const arrive = () => {
      const taker = this.awaited.shift();
      if (taker) taker(copy);
      else this.sent.push(copy);
    };
    const milliseconds = this.delay(values.byteLength);
    if (milliseconds > 0) setTimeout(arrive, milliseconds);
    else arrive();
    return { isOver: () => true, arrival: Promise.resolve() };
  }

  receive(values: Values): Letter {
    let over = false;
    const arrival = new Promise<void>((resolve) => {
      const take = (given: Values) => {
        if (given.length !== values.length) throw new Error(`${given.length} values for ${values.length}`);
        values.set(given);
        over = true;
        resolve();
      };
      const known = this.sent.shift();
      if (known) take(known);
      else this.awaited.push(take);
    });
    return { isOver: () => over, arrival };
  }
}

/** Memory that all processes of a machine reach. */
function memoryOf(machine: number, memories: Map<string, ArrayBuffer>): SharedMemory {
  const names = new Map<ArrayBufferLike, string>();
  return {
    allocate(bytes) {
      const memory = new ArrayBuffer(bytes);
      const name = `${machine} ${memories.size}`;
      names.set(memory, name);
      memories.set(name, memory);
      return memory;
    },
    nameOf: (memory) => names.get(memory) ?? null,
    reach: (_, name) => (name.startsWith(`${machine} `) ? memories.get(name)! : null),
  };
}

/**
 * As many processes as asked for.
 * @param delay milliseconds that a message of so many bytes takes, the same for all of one length
 * @param onOne how many there are on a machine, where they reach each other's memory; null: they do nowhere
 */
export function meshOf(
  size: number,
  delay: (bytes: number) => number = () => 0,
  onOne: number | null = null,
): Peers[] {
  const lines = new Map<string, Line>();
  const lineOf = (from: number, to: number, channel: Channel): Line => {
    const name = `${from} ${to} ${channel}`;
    const line = lines.get(name) ?? new Line(delay);
    lines.set(name, line);
    return line;
  };
  const memories = new Map<string, ArrayBuffer>();
  return Array.from({ length: size }, (_, rank) => {
    const traffic = { bytesSent: 0, secondsWaiting: 0 };
    return {
      rank,
      size,
      shared: onOne === null ? null : memoryOf(Math.floor(rank / onOne), memories),
      traffic,
      hosts: Array.from({ length: size }, () => "here"),
      send(to, channel, values) {
        if (channel === channels.parts) traffic.bytesSent += values.byteLength;
        return lineOf(rank, to, channel).send(values);
      },
      receive: (from, channel, values) => lineOf(from, rank, channel).receive(values),
      settle: (transfer) => (transfer as Letter).arrival,
    } satisfies Peers;
  });
}
