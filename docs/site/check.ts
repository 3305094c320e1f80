/**
 * Opens every page of the built site in headless Chromium, as wide as a phone and as a desk: its console is quiet, nothing
 * hangs over the edge, and axe finds nothing serious. The last part of `npm run docs:site`; ends with 1 where something is wrong.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { Browser, chromium, seriousFaults } from "../../test/report/chromium.ts";

const dist = join(import.meta.dirname, ".vitepress/dist");
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const widths = { phone: 390, desk: 1280 };

const server = createServer(({ url = "/" }, response) => {
  const file = join(dist, decodeURIComponent(new URL(url, "http://localhost").pathname));
  const isThere = file.startsWith(dist) && existsSync(file);
  response.writeHead(isThere ? 200 : 404, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
  });
  response.end(isThere ? readFileSync(file) : "");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

const pages = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".html") && name !== "404.html",
);
const wrong: string[] = [];
if (chromium === null) console.log("Chromium is not here: the pages were built, not opened");
else {
  const browser = new Browser(chromium);
  for (const page of pages)
    for (const [name, width] of Object.entries(widths)) {
      const told = await browser.open(`http://127.0.0.1:${port}/${page}`, { width, scheme: "light" });
      const over = await browser.evaluate("document.documentElement.scrollWidth - innerWidth");
      if (Number(over) > 0) told.push(`hangs over the edge by ${over} pixels`);
      wrong.push(...[...told, ...(await seriousFaults(browser))].map((what) => `${page}, ${name}: ${what}`));
    }
  browser.close();
  console.log(`${pages.length} pages at ${Object.keys(widths).length} widths, ${wrong.length} faults`);
}
server.close();
for (const one of wrong) console.error(one);
process.exitCode = wrong.length > 0 ? 1 : 0;
