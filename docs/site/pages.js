/** Gathers the pages, which lie all over the repository, where VitePress and its packages find each other. */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const pages = join(import.meta.dirname, "pages");

rmSync(pages, { recursive: true, force: true });
const listed = execFileSync("git", ["ls-files", "*.md", "docs/*.png", "docs/*.svg"], {
  cwd: root,
  encoding: "utf8",
});
for (const name of listed.trim().split("\n")) cpSync(join(root, name), join(pages, name));
