/** Where predictions go, and what a file's name says they are; names with a comma or a dot in options. */
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);
const model = path("run/best.ckpt");

beforeAll(async () => {
  const rows = Array.from(
    { length: 20 },
    (_, row) => `${(row % 2) + row / 100},"t\t${row}",${row},${"pq"[row % 2]}`,
  );
  put(directory, {
    "d.csv": `"happy, 1-10",Sepal.Length,id,y\n${rows.join("\n")}\n`,
    "s.yaml":
      "{ data: { path: d.csv, target: y, columns: { id: id, Sepal.Length: category } }, train: { epochs: 2 } }\n",
  });
  expect((await run(["train", path("s.yaml"), "--out", path("run"), "--quiet"])).code).toBe(0);
});

const predict = (...argv: string[]) => run(["predict", model, "-i", path("d.csv"), ...argv]);
const text = (name: string) => readFileSync(path(name), "utf8");

describe("a file's name says what is written to it", () => {
  test("commas, tabs, objects, packed or not", async () => {
    const { out: csv } = await predict("--keep", "id,Sepal.Length", "--proba");
    expect(csv.split("\n", 2)).toEqual([
      "id,Sepal.Length,prediction,probability_p,probability_q",
      expect.stringMatching(/^0,"?t\t0"?,[pq],/),
    ]);
    const names = ["o.csv", "o.txt", "o.csv.gz", "o.tsv", "o.tab", "o.jsonl", "o.ndjson.gz"];
    for (const name of names)
      expect(await predict("--keep", "id,Sepal.Length", "--proba", "-o", path(name))).toMatchObject({
        code: 0,
      });
    expect([text("o.csv"), text("o.txt")]).toEqual([csv, csv]);
    expect(gunzipSync(readFileSync(path("o.csv.gz"))).toString()).toBe(csv);
    const lines = text("o.tsv").split("\n");
    expect(lines[0]).toBe("id\tSepal.Length\tprediction\tprobability_p\tprobability_q");
    expect(lines[1]).toMatch(/^0\t"t\t0"\t[pq]\t/);
    expect(text("o.tab")).toBe(text("o.tsv"));
    const objects = text("o.jsonl");
    expect(JSON.parse(objects.split("\n", 1)[0]!)).toMatchObject({ id: "0", "Sepal.Length": "t\t0" });
    expect(gunzipSync(readFileSync(path("o.ndjson.gz"))).toString()).toBe(objects);
  });

  test.each(["tsv", "csv.gz", "jsonl", "parquet"])(
    "and %s is read again as the same answers",
    async (ending) => {
      const asked = ending === "jsonl" ? [] : ["--proba"];
      await predict("--keep", "id", ...asked, "-o", path("again.csv"));
      await predict("--keep", "id", ...asked, "-o", path(`again.${ending}`));
      const [plain, other] = await Promise.all(
        ["csv", ending].map((end) => run(["inspect", path(`again.${end}`), "--head", "20", "--json"])),
      );
      const of = ({ out }: { out: string }) => {
        const { columns, rows, head } = JSON.parse(out);
        return { names: columns.map(({ name }: { name: string }) => name), rows, head };
      };
      const [expected, found] = [of(plain!), of(other!)];
      expect(found.names).toEqual(expected.names);
      const numbers = (head: string[][]) =>
        head.map(([id, answer, ...rest]) => [id, answer, ...rest.map((p) => Math.fround(Number(p)))]);
      expect(numbers(found.head)).toEqual(numbers(expected.head));
    },
  );

  test.each([
    ["o.json", [], /JSON document/],
    ["o.xlsx", [], /Excel/],
    ["o.npy", [], /NPY/],
    ["o.dat", [], /no format has the ending "\.dat"/],
    ["o.parquet.gz", [], /compressed within/],
    ["o.csv", ["--to", "jsonl"], /the name says CSV, and --to says jsonl/],
  ])("%s %j is refused, and nothing is written", async (name, argv, message) => {
    const place = path(`refused-${name}`);
    const { code, err } = await predict(...argv, "-o", place);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(place)).toBe(false);
  });

  test("any other name is what --to says", async () => {
    expect(await predict("--to", "tsv", "-o", path("o.dat"))).toMatchObject({ code: 0 });
    expect(text("o.dat")).toMatch(/^prediction\n/);
  });

  test("the file that rows are read from is not written over, by a link neither", async () => {
    symlinkSync(path("d.csv"), path("link.csv"));
    const before = text("d.csv");
    for (const output of ["d.csv", "link.csv"]) {
      const { code, err } = await predict("-o", path(output));
      expect([code, err]).toEqual([2, expect.stringMatching(/the same file/)]);
    }
    expect(text("d.csv")).toBe(before);
  });
});

test("no two columns of answers have one name", async () => {
  const rows = '"happy, 1-10",Sepal.Length,prediction,input_prediction\n1,t,old,older\n';
  const { out, err } = await run(["predict", model, "--keep", "all"], { stdin: rows });
  expect(out.split("\n", 1)[0]).toBe(
    '"happy, 1-10",Sepal.Length,input_prediction_2,input_prediction,prediction',
  );
  expect(err).toMatch(/"prediction" goes by the name "input_prediction_2"/);
  const object = '{"happy, 1-10":1,"Sepal.Length":"t","probabilities":"mine"}\n';
  const json = await run(["predict", model, "--from", "jsonl", "--keep", "all", "--proba"], {
    stdin: object,
  });
  expect(JSON.parse(json.out)).toMatchObject({ input_probabilities: "mine" });
});

describe.each(["happy, 1-10", '"happy, 1-10"', 'id,"happy, 1-10"', "Sepal.Length"])(
  "columns named by %s",
  (names) => {
    const last = names.includes("happy") ? "happy, 1-10" : "Sepal.Length";

    test("are kept", async () => {
      const { out } = await predict("--keep", names, "--to", "jsonl");
      expect(Object.keys(JSON.parse(out.split("\n", 1)[0]!))).toContain(last);
    });

    test("are targets", async () => {
      const { code, out } = await run(["init", path("d.csv"), "--target", names, "-o", "-"]);
      expect([code, out]).toEqual([0, expect.stringContaining(last)]);
    });
  },
);
