/** Reports of real runs: what stands in them, and that a real browser shows them without complaint. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { followRun } from "../../src/cli/serve/followRun.ts";
import { nnt, put } from "../cli/program.ts";
import { Browser, chromium, seriousFaults } from "./chromium.ts";

const directory = mkdtempSync(join(tmpdir(), "nnt-report-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const configs = join(import.meta.dirname, "../../configs");
const report = (name: string) => join(directory, name, "report.html");

/** Class names that try to end the script, and to run one. */
const hostile = ["</script><script>alert(1)</script>", '<img src="x" onerror="alert(2)">', 'a & b\'s "c"'];

const run = (argv: readonly string[]) => nnt([...argv], { cwd: directory });

beforeAll(async () => {
  const rows = Array.from({ length: 90 }, (_, i) => `${i % 3},"${hostile[i % 3]!.replaceAll('"', '""')}"\n`);
  put(directory, {
    "hostile.csv": `x,y\n${rows.join("")}`,
    "hostile.yaml": "data: { path: hostile.csv, target: y }\n",
  });
  const specs = {
    iris: join(configs, "iris.yaml"),
    digits: join(configs, "digits.yaml"),
    houses: join(configs, "houses.yaml"),
    logistic: join(configs, "logistic.yaml"),
    line: join(configs, "line.yaml"),
    hostile: join(directory, "hostile.yaml"),
  };
  const train = async ([name, spec]: [string, string]) => {
    const argv = ["train", spec, "--epochs", "3", "--out", join(directory, name), "--quiet"];
    expect(await run(argv)).toMatchObject({ code: 0 });
  };
  await Promise.all(Object.entries(specs).map(train));
}, 60_000);

const names = ["iris", "digits", "houses", "logistic", "line", "hostile"];

describe.each(names)("the report of %s", (name) => {
  test("is one small file that names no other place", () => {
    expect(statSync(report(name)).size).toBeLessThan(300_000);
    const addresses = readFileSync(report(name), "utf8").match(/(?:https?:)?\/\/[\w-]+\.[\w.]+/g) ?? [];
    expect(addresses.filter((address) => address !== "http://www.w3.org")).toEqual([]);
  });

  test("says how good the model is, what was asked for, and how to get it again", () => {
    const page = readFileSync(report(name), "utf8");
    const headline = /<h1>(.*)<\/h1>/.exec(page)?.[1];
    const isOfNumbers = name === "houses" || name === "line";
    expect(headline).toMatch(
      isOfNumbers ? /variance over \d+ test rows/ : /test rows are classified correctly/,
    );
    expect(page).toContain("nnt train spec.yaml --out again");
    expect(page).toContain(`name: ${name}`);
  });
});

test("a table's columns are ranked by what the model loses without them; pixels are not", () => {
  const importance = (name: string) => {
    const [, section] = /id="importance">(.*?)<\/section>/s.exec(readFileSync(report(name), "utf8")) ?? [];
    return [...(section ?? "").matchAll(/scope="row" class="text">([^<]*)</g)].map(([, column]) => column);
  };
  expect(importance("digits")).toEqual([]);
  expect(importance("houses")[0]).toBe("area");
  expect(importance("houses").sort()).toEqual(["age", "area", "bedrooms", "distance", "district"]);
});

test("a run is shown to this machine's own pages only", async () => {
  const { url, close } = await followRun(join(directory, "iris"), 0);
  try {
    expect(new URL(url).hostname).toBe("127.0.0.1");
    expect(await (await fetch(url)).text()).toBe(readFileSync(report("iris"), "utf8"));
    const statusFor = (host: string) =>
      new Promise((resolve) => {
        get(url, { headers: { host } }, (response) => resolve(response.resume().statusCode));
      });
    expect(await statusFor("evil.example")).toBe(403);
    expect(await statusFor("localhost")).toBe(200);
    expect((await fetch(`${url}spec.yaml`)).status).toBe(404);
    const { headers } = await fetch(url);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  } finally {
    await close();
  }
});

test("a run is shown to nobody who does not know its address", async () => {
  const { url, close } = await followRun(join(directory, "iris"), 0);
  try {
    const { origin, pathname } = new URL(url);
    expect(pathname.length).toBeGreaterThan(20);
    const guessed = pathname.replace(/.(?=\/$)/, (last) => (last === "A" ? "B" : "A"));
    for (const path of ["/", "/events", guessed, `${guessed}events`, pathname.slice(0, -3)])
      expect((await fetch(origin + path)).status, path).toBe(404);
    expect((await fetch(`${url}events`)).status).toBe(200);
  } finally {
    await close();
  }
});

test("no link in a run's directory is served, and no pipe waited for", async () => {
  const root = mkdtempSync(join(tmpdir(), "nnt-served-"));
  writeFileSync(join(root, "private"), "s3cret\n");
  const kinds = {
    log: (at: string) => symlinkSync(join(root, "private"), join(at, "metrics.jsonl")),
    report(at: string) {
      cpSync(join(directory, "iris", "metrics.jsonl"), join(at, "metrics.jsonl"));
      symlinkSync(join(root, "private"), join(at, "report.html"));
    },
    pipe: (at: string) => void spawnSync("mkfifo", [join(at, "metrics.jsonl")]),
  };
  for (const [name, make] of Object.entries(kinds)) {
    mkdirSync(join(root, name));
    make(join(root, name));
    const { url, close } = await followRun(join(root, name), 0);
    for (const path of ["", "events"]) {
      const answer = await fetch(url + path);
      expect([name, path, answer.status]).toEqual([name, path, 500]);
      expect(await answer.text()).not.toContain("s3cret");
    }
    await close();
  }
  rmSync(root, { recursive: true });
});

test("a line's report has its loss over slope and intercept, with the path of the run, and no other's has", () => {
  for (const name of names) {
    const [picture] = /<svg.*?<\/svg>/s.exec(readFileSync(report(name), "utf8")) ?? [""];
    expect([name, picture.includes("slope w"), picture.includes("update 42<")]).toEqual([
      name,
      name === "line",
      name === "line",
    ]);
  }
});

test("names from the data stay text", () => {
  const page = readFileSync(report("hostile"), "utf8");
  for (const name of hostile.slice(0, 2)) expect(page).not.toContain(name);
});

test.each(["iris", "line"])(
  "`nnt report` writes the same page of %s again from the run's files",
  async (name) => {
    const before = readFileSync(report(name), "utf8");
    rmSync(report(name));
    expect(await run(["report", join(directory, name)])).toMatchObject({ code: 0, out: `${report(name)}\n` });
    expect(readFileSync(report(name), "utf8")).toBe(before);
  },
);

test("`nnt report` without the data leaves out what needs it, and says so", { timeout: 20_000 }, async () => {
  const before = readFileSync(report("hostile"), "utf8");
  rmSync(join(directory, "hostile.csv"));
  const { code, err } = await run(["report", join(directory, "hostile")]);
  expect(code).toBe(0);
  expect(err).toContain("the report omits");
  expect(readFileSync(report("hostile"), "utf8").length).toBeLessThan(before.length);
});

test("`nnt report` refuses a directory without a run", { timeout: 20_000 }, async () => {
  const { code, err } = await run(["report", directory]);
  expect(code).toBe(5);
  expect(err).toContain("there is no finished run");
});

describe.skipIf(chromium === null)("in Chromium (skipped where there is none)", () => {
  let browser: Browser;
  beforeAll(() => {
    browser = new Browser(chromium!);
  });
  afterAll(() => browser.close());

  test.each(names)(
    "%s is drawn at every width without a word on the console, a request, or a sideways scroll",
    { timeout: 30_000 },
    async (name) => {
      const looks = [
        { width: 400, scheme: "dark" },
        { width: 1400, scheme: "light" },
      ] as const;
      for (const look of looks) {
        expect(await browser.open(`file://${report(name)}`, look)).toEqual([]);
        const asked = browser.requests().filter((url) => !url.startsWith("data:"));
        expect(asked).toEqual([`file://${report(name)}`]);
        expect(await browser.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
        const undrawn =
          "[...document.querySelectorAll('.chart')].filter((one) => !one.querySelector('svg path, svg rect')).length";
        expect(await browser.evaluate(undrawn)).toBe(0);
      }
    },
  );

  test.each([
    ["digits", "light"],
    ["logistic", "dark"],
    ["houses", "dark"],
  ] as const)("axe finds nothing serious in %s, %s", { timeout: 60_000 }, async (name, scheme) => {
    await browser.open(`file://${report(name)}`, { width: 900, scheme });
    expect(await seriousFaults(browser)).toEqual([]);
  });

  test("a run is followed while it goes on, until its report is there", { timeout: 60_000 }, async () => {
    const live = join(directory, "live");
    mkdirSync(live);
    const { url, close } = await followRun(live, 0);
    try {
      expect(await browser.open(url, { width: 900, scheme: "light" })).toEqual([]);
      const log = readFileSync(join(directory, "iris", "metrics.jsonl"), "utf8");
      const lines = log.split("\n");
      const soon = (condition: string) =>
        browser.evaluate(
          `new Promise((done) => { const look = () => (${condition}) ? done() : setTimeout(look, 50); look(); })`,
        );
      writeFileSync(join(live, "metrics.jsonl"), `${lines[0]}\n${lines[1]}\n${lines[2]!.slice(0, 20)}`);
      await soon("document.querySelector('#epoch strong').textContent === '1 of 3'");
      appendFileSync(join(live, "metrics.jsonl"), `${lines[2]!.slice(20)}\n`);
      await soon("document.querySelector('#epoch strong').textContent === '2 of 3'");
      expect(await browser.evaluate("document.querySelectorAll('.chart svg path').length")).toBeGreaterThan(
        2,
      );
      expect(await seriousFaults(browser)).toEqual([]);
      writeFileSync(join(live, "metrics.jsonl"), log);
      writeFileSync(join(live, "report.html"), "<title>the report</title>");
      await soon("document.title === 'the report'").catch(() => {}); // the page may go while it is asked
      await soon("document.title === 'the report'");
    } finally {
      await close();
    }
  });

  test("a chart is zoomed by dragging and shows all of it again at a click", {
    timeout: 30_000,
  }, async () => {
    await browser.open(`file://${report("iris")}`, { width: 900, scheme: "light" });
    const axis =
      "[...document.querySelectorAll('[data-chart=loss] svg text[text-anchor=middle]')].map((text) => text.textContent).join()";
    const whole = await browser.evaluate<string>(axis);
    const box = await browser.evaluate<{ x: number; y: number; width: number }>(
      "(() => { const svg = document.querySelector('[data-chart=loss] svg'); svg.scrollIntoView({ block: 'center' }); const { x, y, width } = svg.getBoundingClientRect(); return { x, y: y + 50, width }; })()",
    );
    const mouse = (type: string, share: number) =>
      browser.send("Input.dispatchMouseEvent", {
        type,
        x: box.x + share * box.width,
        y: box.y,
        button: "left",
        buttons: 1,
        clickCount: 1,
      });
    await mouse("mousePressed", 0.6);
    await mouse("mouseMoved", 0.7);
    await mouse("mouseReleased", 0.9);
    expect(await browser.evaluate(axis)).not.toBe(whole);
    await browser.evaluate("document.querySelector('[data-chart=loss] button').click()");
    expect(await browser.evaluate(axis)).toBe(whole);
  });
});
