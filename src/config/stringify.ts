/** A canonical spec → the text of a spec file that means the same, and its files as seen from elsewhere. */
import { isAbsolute, relative, resolve, sep } from "node:path";
import { stringify } from "yaml";
import type { Path } from "./paths.ts";
import type { DataSpec, InitSpec, Spec } from "./schema.ts";

/** YAML; `parseSpec(stringifySpec(spec), …).spec` equals `spec`. */
export function stringifySpec(spec: Spec): string {
  return stringify(spec, { aliasDuplicateObjects: false, lineWidth: 100 });
}

/** The spec with its relative paths, which start at `from`, rewritten to start at `to`. */
export function rebaseSpec(spec: Spec, from: string, to: string): Spec {
  return mapFiles(spec, (file) => rebase(file, from, to));
}

/** A relative path that starts at `from`, as one that starts at `to`; the standard input stays what it is. */
export function rebase(file: string, from: string, to: string): string {
  if (isAbsolute(file) || file === "-") return file;
  return relative(resolve(to), resolve(from, file)).replaceAll(sep, "/");
}

/** The spec with another path instead of each; `path` says where in the spec it stands. */
export function mapFiles(spec: Spec, other: (file: string, path: Path) => string): Spec {
  const list = (files: string[] | null, name: string) =>
    files?.map((file, index) => other(file, ["data", name, index])) ?? null;
  const pair = <Files extends Record<string, string>>(files: Files, split: string) =>
    Object.fromEntries(
      Object.entries(files).map(([name, file]) => [name, other(file, ["data", split, name])]),
    ) as Files;
  const pairs = <Files extends Record<string, string>>(data: Pairs<Files>) => ({
    train: pair(data.train, "train"),
    validation: data.validation && pair(data.validation, "validation"),
    test: data.test && pair(data.test, "test"),
  });
  return { ...spec, data: otherData(), init: otherInit(), track: otherTrack() };

  function otherData(): DataSpec {
    const { data } = spec;
    if (data.format === "csv") {
      const { path, train, validation, test } = data;
      return {
        ...data,
        path: list(path, "path"),
        train: list(train, "train"),
        validation: list(validation, "validation"),
        test: list(test, "test"),
      };
    }
    return { ...data, ...pairs(data as Pairs<Record<string, string>>) } as DataSpec;
  }

  function otherTrack(): Spec["track"] {
    const { track } = spec;
    const directory = track?.mlflow?.directory;
    if (!track?.mlflow || !directory) return track;
    const path = ["track", "mlflow", "directory"];
    return { ...track, mlflow: { ...track.mlflow, directory: other(directory, path) } };
  }

  function otherInit(): InitSpec {
    const { init } = spec;
    return init.name === "file" ? { ...init, from: other(init.from, ["init", "from"]) } : init;
  }
}

interface Pairs<Files> {
  readonly train: Files;
  readonly validation: Files | null;
  readonly test: Files | null;
}
