/** What a server counts, as Prometheus reads it: text format 0.0.4. */
import { performance } from "node:perf_hooks";
import type { ServedModel } from "./models.ts";

/** Upper ends of the histogram of seconds that requests take. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Durations {
  readonly counts: number[];
  sum: number;
}

export class Telemetry {
  inFlight = 0;
  reloads = 0;
  failedReloads = 0;
  private readonly statuses = new Map<string, Map<number, number>>();
  private readonly durations = new Map<string, Durations>();

  /** A request has been answered; `model` is "" for one that was to no model. */
  answered(model: string, status: number, seconds: number): void {
    const counts = this.statuses.get(model) ?? new Map<number, number>();
    if (counts.size === 0) this.statuses.set(model, counts);
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (model === "") return;
    let durations = this.durations.get(model);
    if (!durations) {
      durations = { counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 };
      this.durations.set(model, durations);
    }
    durations.sum += seconds;
    let bucket = 0;
    while (bucket < buckets.length && seconds > buckets[bucket]!) bucket++;
    durations.counts[bucket]!++;
  }

  text(models: Iterable<ServedModel>, connections: number, version: string): string {
    const all = [...models];
    const each = (value: (model: ServedModel) => number): Sample[] =>
      all.map((model) => [{ model: model.name }, value(model)]);
    const { user, system } = process.cpuUsage();
    const requests = [...this.statuses].flatMap(([model, counts]) =>
      [...counts].map(([status, count]): Sample => [{ model, status: String(status) }, count]),
    );
    return [
      metric("nnt_requests_total", "counter", "Requests answered.", requests),
      this.histogram(),
      metric(
        "nnt_rows_total",
        "counter",
        "Rows predicted.",
        each(({ rows }) => rows),
      ),
      metric(
        "nnt_batches_total",
        "counter",
        "Batches that rows were predicted in.",
        each(({ batches }) => batches),
      ),
      metric(
        "nnt_queue_rows",
        "gauge",
        "Rows that wait.",
        each(({ current }) => current.waiting),
      ),
      metric("nnt_requests_in_flight", "gauge", "Requests under way.", [[{}, this.inFlight]]),
      metric("nnt_connections", "gauge", "Open connections.", [[{}, connections]]),
      metric("nnt_reloads_total", "counter", "Times that models were read again.", [
        [{ result: "done" }, this.reloads],
        [{ result: "failed" }, this.failedReloads],
      ]),
      metric(
        "nnt_model_info",
        "gauge",
        "Models by the sha256 of their files.",
        all.map(({ name, current }) => [{ model: name, sha256: current.sum, nnt: version }, 1]),
      ),
      metric("process_resident_memory_bytes", "gauge", "Memory.", [[{}, process.memoryUsage.rss()]]),
      metric("process_cpu_seconds_total", "counter", "Processor time.", [[{}, (user + system) / 1e6]]),
      metric("process_start_time_seconds", "gauge", "When the server started.", [
        [{}, performance.timeOrigin / 1000],
      ]),
    ].join("");
  }

  private histogram(): string {
    const name = "nnt_request_seconds";
    const samples = [...this.durations].flatMap(([model, { counts, sum }]) => {
      let before = 0;
      const ends = [...buckets.map(String), "+Inf"];
      return [
        ...ends.map((le, bucket) => {
          before += counts[bucket]!;
          return line(`${name}_bucket`, { model, le }, before);
        }),
        line(`${name}_sum`, { model }, sum),
        line(`${name}_count`, { model }, before),
      ];
    });
    return head(name, "histogram", "Seconds from a request's head to its answer.") + samples.join("");
  }
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
  return head(name, type, help) + samples.map(([labels, value]) => line(name, labels, value)).join("");
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const list = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${list.length > 0 ? `{${list.join(",")}}` : ""} ${value}\n`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
