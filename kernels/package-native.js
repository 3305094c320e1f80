/**
 * Lays out the addon of this platform as a package of its own, `build/kernels-PLATFORM-ARCH/`: what is published
 * beside nnt, for users without a C compiler. `src/engine/native/addon.ts` and `src/support/systemLock.ts` look for it by
 * that name.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./source.js";

const { arch, platform } = process;
const root = join(folder, "..");
const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const files = ["nnt.node", "lock.node", ...(platform === "linux" ? ["cuda.node"] : [])];
const target = join(root, "build", `kernels-${platform}-${arch}`);
const description = {
  name: `@nnt/kernels-${platform}-${arch}`,
  version,
  description: `The native kernels of nnt for ${platform} on ${arch}.`,
  license,
  os: [platform],
  cpu: [arch],
  main: "nnt.node",
  files,
};
mkdirSync(target, { recursive: true });
for (const file of files) copyFileSync(join(root, "build", file), join(target, file));
writeFileSync(join(target, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
console.log(target);
