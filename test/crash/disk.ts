/**
 * A disk that loses what was not synced: a run's system calls, as strace tells them, played on a model of files and
 * directories, and what of it may be found after the power was cut. A file's name is on disk when its directory was
 * synced, its content when the file was; of what came after, any part may have got there, in any order.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export type DiskCall =
  | { readonly call: "mkdir" | "create" | "unlink" | "sync"; readonly path: string }
  | { readonly call: "write"; readonly path: string; readonly bytes: Buffer }
  | { readonly call: "truncate"; readonly path: string; readonly size: number }
  | { readonly call: "rename" | "link"; readonly path: string; readonly to: string };

/** What `strace -y -xx` says of calls that went well, in their order; paths as the run gave them, below its folder. */
export function callsIn(log: string, folder: string): DiskCall[] {
  const inside = (text: string) => normalize(text).replace(`${folder}/`, "");
  return log.split("\n").flatMap((line): DiskCall[] => {
    const [, name = "", given = "", result = ""] = /^\d+ +(\w+)\((.*)\) += (\S+)/.exec(line) ?? [];
    if (name === "" || result.startsWith("-")) return [];
    const texts = [...given.matchAll(/"((?:\\x[\da-f]{2})*)"/g)].map(([, hex]) => bytesOf(hex!));
    const open = /^\d+<((?:\\x[\da-f]{2})*)>/.exec(given)?.[1];
    const path = inside(open === undefined ? String(texts[0] ?? "") : String(bytesOf(open)));
    if (name === "openat") return given.includes("O_CREAT") ? [{ call: "create", path }] : [];
    if (name === "mkdir" || name === "unlink") return [{ call: name, path }];
    if (name === "fsync" || name === "fdatasync") return [{ call: "sync", path }];
    if (name === "write" || name === "writev" || name === "pwrite64")
      return [{ call: "write", path, bytes: Buffer.concat(texts).subarray(0, Number(result)) }];
    if (name === "ftruncate") return [{ call: "truncate", path, size: Number(given.split(", ").at(-1)) }];
    if (name === "rename" || name === "link") return [{ call: name, path, to: inside(String(texts[1])) }];
    return [];
  });
}

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll("\\x", ""), "hex");

/** A file, or a directory, whatever its names. */
interface Inode {
  readonly isDirectory: boolean;
  /** All contents since the last sync, the first of which is on disk. */
  contents: Buffer[];
}

/** One change of a directory's entries. */
type Change = { readonly name: string; readonly inode: Inode | null }[];

export class Disk {
  /** Entries on disk, and changes that may be. */
  private readonly directories = new Map<string, { onDisk: Map<string, Inode>; changes: Change[] }>();
  private readonly now = new Map<string, Inode>();

  play(call: DiskCall): void {
    const { path } = call;
    if (call.call === "mkdir") this.add(path, { isDirectory: true, contents: [Buffer.alloc(0)] });
    else if (call.call === "create") {
      if (!this.now.has(path)) this.add(path, { isDirectory: false, contents: [Buffer.alloc(0)] });
    } else if (call.call === "write") this.change(path, (content) => Buffer.concat([content, call.bytes]));
    else if (call.call === "truncate") this.change(path, (content) => content.subarray(0, call.size));
    else if (call.call === "sync") this.sync(path);
    else if (call.call === "unlink") this.enter(path, [{ name: path, inode: null }]);
    else if (call.call === "rename" || call.call === "link") {
      const inode = this.now.get(path);
      if (!inode) return;
      const gone = call.call === "rename" ? [{ name: path, inode: null }] : [];
      this.enter(call.to, [...gone, { name: call.to, inode }]);
    }
  }

  /**
   * What is found after a power cut now: contents by name, null for a directory. `none` of what was not synced, `all` of
   * it, or parts by lot.
   */
  afterCut(kept: "none" | "all" | (() => number)): Map<string, Buffer | null> {
    const found = new Map<string, Buffer | null>();
    const keeps = () => kept === "all" || (kept !== "none" && kept() < 0.5);
    const visit = (directory: string) => {
      const { onDisk, changes } = this.directories.get(directory) ?? { onDisk: new Map(), changes: [] };
      const entries = new Map(onDisk);
      for (const change of changes)
        if (keeps())
          for (const { name, inode } of change) inode ? entries.set(name, inode) : entries.delete(name);
      for (const [name, { isDirectory, contents }] of entries) {
        found.set(name, isDirectory ? null : contentOf(contents, kept));
        if (isDirectory) visit(name);
      }
    };
    visit(".");
    return found;
  }

  private add(path: string, inode: Inode): void {
    this.enter(path, [{ name: path, inode }]);
  }

  private enter(path: string, change: Change): void {
    for (const { name, inode } of change) inode ? this.now.set(name, inode) : this.now.delete(name);
    this.directoryOf(dirname(path)).changes.push(change);
  }

  private directoryOf(path: string) {
    const known = this.directories.get(path) ?? { onDisk: new Map<string, Inode>(), changes: [] };
    this.directories.set(path, known);
    return known;
  }

  private change(path: string, next: (content: Buffer) => Buffer): void {
    const inode = this.now.get(path);
    if (inode) inode.contents.push(next(inode.contents.at(-1)!));
  }

  private sync(path: string): void {
    const inode = this.now.get(path);
    if (inode && !inode.isDirectory) inode.contents = [inode.contents.at(-1)!];
    const directory = this.directories.get(path);
    if (!directory) return;
    for (const change of directory.changes.splice(0))
      for (const { name, inode: entry } of change)
        entry ? directory.onDisk.set(name, entry) : directory.onDisk.delete(name);
  }
}

/** A content that was there since the last sync, perhaps with the end of its last write torn off, or zeros there. */
function contentOf(contents: readonly Buffer[], kept: "none" | "all" | (() => number)): Buffer {
  if (kept === "none") return contents[0]!;
  if (kept === "all") return contents.at(-1)!;
  const chosen = Math.floor(kept() * contents.length);
  const content = contents[chosen]!;
  const before = contents[chosen - 1]?.length ?? content.length;
  if (content.length <= before || kept() < 0.5) return content;
  const torn = before + Math.floor(kept() * (content.length - before));
  return kept() < 0.5
    ? content.subarray(0, torn)
    : Buffer.concat([content.subarray(0, torn), Buffer.alloc(content.length - torn)]);
}

/** Writes what was found to a folder of a real disk. */
export function layOut(found: ReadonlyMap<string, Buffer | null>, folder: string): void {
  for (const [name, content] of found) {
    const path = join(folder, name);
    mkdirSync(content === null ? path : dirname(path), { recursive: true });
    if (content !== null) writeFileSync(path, content);
  }
}

/** Equal for what is found alike. */
export function digestOf(found: ReadonlyMap<string, Buffer | null>): string {
  const hash = createHash("sha256");
  for (const [name, content] of [...found].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(JSON.stringify([name, content?.length ?? null])).update(content ?? "");
  return hash.digest("hex");
}
