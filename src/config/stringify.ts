/** A canonical spec → the text of a spec file that means the same, and its files as seen from elsewhere. */
import { isAbsolute, relative, resolve, sep } from "node:path";
import { stringify } from "yaml";
import type { DataSpec, InitSpec, Spec } from "./schema.ts";

/** YAML; `parseSpec(stringifySpec(spec), …).spec` equals `spec`. */
export function stringifySpec(spec: Spec): string {
  return stringify(spec, { aliasDuplicateObjects: false, lineWidth: 100 });
}

/** The spec with its relative paths, which start at `from`, rewritten to start at `to`. */
export function rebaseSpec(spec: Spec, from: string, to: string): Spec {
  const rebase = (file: string) => {
    const isStdin = file === "-";
    if (isAbsolute(file) || isStdin) return file;
    return relative(resolve(to), resolve(from, file)).replaceAll(sep, "/");
  };
  const list = (files: string[] | null) => files?.map(rebase) ?? null;
  const pair = <Files extends Record<string, string>>(files: Files) =>
    Object.fromEntries(Object.entries(files).map(([name, file]) => [name, rebase(file)])) as Files;
  const pairs = <Files extends Record<string, string>>(data: Pairs<Files>) => ({
    train: pair(data.train),
    validation: data.validation && pair(data.validation),
    test: data.test && pair(data.test),
  });
  return { ...spec, data: rebaseData(), init: rebaseInit(), track: rebaseTrack() };

  function rebaseData(): DataSpec {
    const { data } = spec;
    if (data.format === "csv") {
      const { path, train, validation, test } = data;
      return {
        ...data,
        path: list(path),
        train: list(train),
        validation: list(validation),
        test: list(test),
      };
    }
    return { ...data, ...pairs(data as Pairs<Record<string, string>>) } as DataSpec;
  }

  function rebaseTrack(): Spec["track"] {
    const { track } = spec;
    if (!track?.mlflow?.directory) return track;
    return { ...track, mlflow: { ...track.mlflow, directory: rebase(track.mlflow.directory) } };
  }

  function rebaseInit(): InitSpec {
    const { init } = spec;
    return init.name === "file" ? { ...init, from: rebase(init.from) } : init;
  }
}

interface Pairs<Files> {
  readonly train: Files;
  readonly validation: Files | null;
  readonly test: Files | null;
}
