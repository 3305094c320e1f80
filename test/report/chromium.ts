/** A headless Chromium spoken to over its debugging pipe: opens files, tells what their console says. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import axe from "axe-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The command that starts one; null where there is none. */
export const chromium = names.find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--hide-scrollbars",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-pipe",
];

type Message = { id?: number; method?: string; params?: never; result?: never; error?: { message: string } };

export interface Look {
  readonly width: number;
  readonly scheme: "light" | "dark";
}

export class Browser {
  private readonly child: ChildProcess;
  private readonly profile = mkdtempSync(join(tmpdir(), "nnt-chromium-"));
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly told: Message[] = [];
  private arrived: () => void = () => {};
  private last = 0;
  private session: string | undefined;

  constructor(command: string) {
    this.child = spawn(command, [...flags, `--user-data-dir=${this.profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    let text = "";
    (this.child.stdio[4] as Readable).setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (text + chunk).split("\0");
      text = parts.pop()!;
      for (const part of parts) this.take(JSON.parse(part));
    });
  }

  /** Opens a page and waits until it has loaded. Gives what its console and its errors said. */
  async open(url: string, { width, scheme }: Look): Promise<string[]> {
    if (!this.session) {
      const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
      this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`, {});
    }
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { features });
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", size);
    this.told.length = 0;
    await this.send("Page.navigate", { url });
    await this.until(() => this.told.some(({ method }) => method === "Page.loadEventFired"));
    await this.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
    return this.told
      .filter(({ method }) =>
        ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].includes(method!),
      )
      .map(({ params }) => JSON.stringify(params));
  }

  /** The addresses that the page asked for, its own among them. */
  requests(): string[] {
    return this.told
      .filter(({ method }) => method === "Network.requestWillBeSent")
      .map(({ params }) => (params as unknown as { request: { url: string } }).request.url);
  }

  /** A script's value, awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", options);
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** The page as PNG, all of it or its first `height` pixels. */
  async screenshot(height?: number): Promise<Buffer> {
    const { cssContentSize, cssLayoutViewport } = await this.send("Page.getLayoutMetrics", {});
    const size = { width: cssLayoutViewport.clientWidth, height: height ?? cssContentSize.height };
    const clip = { x: 0, y: 0, ...size, scale: 1 };
    const { data } = await this.send("Page.captureScreenshot", { clip, captureBeyondViewport: true });
    return Buffer.from(data, "base64");
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.child.on("close", resolve));
    await this.send("Browser.close", {}, false);
    await closed;
    rmSync(this.profile, { recursive: true, force: true });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the protocol's answers are as many as its methods
  send(method: string, params: object, inSession = true): Promise<any> {
    const id = ++this.last;
    const session = inSession && this.session ? { sessionId: this.session } : {};
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ error, result }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      );
    });
  }

  private take(message: Message): void {
    if (message.id === undefined) this.told.push(message);
    else this.waiting.get(message.id)?.(message);
    this.arrived();
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo())
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
  }
}

/** Rules of axe that are broken in a way that it calls serious or critical, and where. */
export async function seriousFaults(browser: Browser): Promise<string[]> {
  await browser.evaluate(`${axe.source};0`);
  return browser.evaluate(
    `axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | ").slice(0, 300)))`,
  );
}
