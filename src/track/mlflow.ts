/**
 * MLflow's file store, as `mlflow ui --backend-store-uri FOLDER` reads it: a folder per experiment, in it one per
 * run with a meta.yaml, a file per parameter, tag and metric. Steps are epochs.
 * Layout: mlflow/store/tracking/file_store.py
 */
import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { TrackSpec } from "../config/schema.ts";
import { fileNameOf } from "../support/fileName.ts";
import { isThere, makeFolder } from "../support/files.ts";
import { flat } from "../support/flat.ts";
import { appendInside, makeInnerFolder, readInside, writeInside } from "../support/inside.ts";
import { type EndEvent, type Figures, isSignal } from "../train/events.ts";
import type { Tracker } from "./tracker.ts";

export const mlflow: Tracker<NonNullable<TrackSpec["mlflow"]>> = (run, settings) => {
  const { directory, spec, baseDirectory, now } = run;
  const store =
    settings.directory === null
      ? join(dirname(resolve(directory)), "mlruns")
      : resolve(baseDirectory, settings.directory);
  const experiment = openExperiment(store, settings.experiment ?? spec.name, now());
  // The same run always has the same name, so that it is found again when it goes on.
  const id = idOf(directory);
  const folder = join(store, experiment, id);
  let started = now();

  const writeMeta = (status: number, ended: number | null) =>
    writeInside(join(folder, "meta.yaml"), [
      yaml({
        artifact_uri: pathToFileURL(join(folder, "artifacts")).href,
        end_time: ended,
        entry_point_name: "",
        experiment_id: experiment,
        lifecycle_stage: "active",
        run_id: id,
        run_name: spec.name,
        run_uuid: id,
        source_name: "",
        source_type: local,
        source_version: "",
        start_time: started,
        status,
        tags: [],
        user_id: userName(),
      }),
    ]);
  const log = (splits: Readonly<Record<string, Figures>>, epoch: number) => {
    for (const [split, figures] of Object.entries(splits))
      for (const [name, value] of Object.entries(figures))
        appendInside(
          join(folder, "metrics", keyOf(`${split}.${name}`)),
          `${now()} ${number(value)} ${epoch}\n`,
        );
  };

  return (event) => {
    if (event.event === "start") {
      if (event.epoch === 0) rmSync(folder, { recursive: true, force: true });
      for (const path of ["", "metrics", "params", "tags", "artifacts"]) makeInnerFolder(join(folder, path));
      started = startOf(folder) ?? started;
      cutBack(join(folder, "metrics"), event.epoch);
      writeMeta(statuses.running, null);
      for (const [key, value] of Object.entries(flat(spec)))
        writeInside(join(folder, "params", keyOf(key)), [textOf(value)]);
      const tags = {
        "mlflow.runName": spec.name,
        "mlflow.user": userName(),
        "mlflow.source.type": "LOCAL",
        "nnt.directory": resolve(directory),
      };
      for (const [tag, value] of Object.entries(tags)) writeInside(join(folder, "tags", tag), [value]);
    } else if (event.event === "epoch") {
      const { epoch, lr, train, validation } = event;
      log({ train: { ...train, lr }, ...(validation && { validation }) }, epoch);
    } else if (event.event === "end") {
      log(finalsOf(event), event.best_epoch);
      writeMeta(isSignal(event.reason) ? statuses.killed : statuses.finished, now());
    } else if (event.event === "failed") writeMeta(statuses.failed, now());
  };
};

/** Of mlflow.entities: RunStatus and SourceType. */
const statuses = { running: 1, finished: 3, failed: 4, killed: 5 } as const;
const local = 4;

/** The figures of the best model, apart from those of its epoch. */
export function finalsOf({ metrics }: EndEvent): Record<string, Figures> {
  return Object.fromEntries(Object.entries(metrics).map(([split, figures]) => [`${best}.${split}`, figures]));
}

const best = "best";

/** The id of the experiment of a name; made where there is none, by its name, so that two makers make one. */
function openExperiment(store: string, name: string, at: number): string {
  makeFolder(store);
  for (const id of readdirSync(store)) {
    const meta = join(store, id, "meta.yaml");
    if (isThere(meta) && readText(meta).includes(`\nname: ${JSON.stringify(name)}\n`)) return id;
  }
  const id = String(BigInt(`0x${hash(name).slice(0, 15)}`) % 10n ** 18n).padStart(18, "1");
  const folder = join(store, id);
  makeInnerFolder(folder);
  makeInnerFolder(join(store, ".trash"));
  const times = { creation_time: at, last_update_time: at };
  const meta = {
    artifact_location: pathToFileURL(folder).href,
    experiment_id: id,
    ...times,
    lifecycle_stage: "active",
    name,
  };
  writeInside(join(folder, "meta.yaml"), [yaml(meta)]);
  return id;
}

/** Lines of epochs that a resumed run makes again, and the figures of an end that was none, are dropped. */
function cutBack(metrics: string, epoch: number): void {
  for (const name of readdirSync(metrics)) {
    const path = join(metrics, name);
    const lines = readText(path).split("\n").slice(0, -1);
    const kept = lines.filter((line) => Number(line.split(" ")[2]) <= epoch && !name.startsWith(`${best}.`));
    writeInside(path, [kept.map((line) => `${line}\n`).join("")]);
  }
}

/** When a run that goes on was begun. */
function startOf(folder: string): number | null {
  const meta = join(folder, "meta.yaml");
  const found = isThere(meta) ? /^start_time: (\d+)$/m.exec(readText(meta))?.[1] : undefined;
  return found === undefined ? null : Number(found);
}

/** Plain keys, values as JSON, which YAML takes. */
function yaml(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}

/** As Python writes and reads them. */
function number(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf";
}

/** MLflow allows letters, digits, `_`, `-`, `.` and spaces in a key, and 250 of them. */
export const keyOf = (key: string) => fileNameOf(key, 250);

/** A parameter's longest text. */
const mostCharacters = 6000;

export function textOf(value: unknown): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).slice(0, mostCharacters);
}

const readText = (path: string) => readInside(path).toString("utf8");

/** The same run always has the same one. */
export const idOf = (directory: string) => hash(`${hostname()}:${resolve(directory)}`).slice(0, 32);

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ""; // a user without an entry in the system's list
  }
}
