import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { YamlEdit, yamlText } from "./edit.ts";
import { textDiff } from "./text_diff.ts";

const EXCHANGES = new URL("../../exchanges/", import.meta.url);

function files(): [string, string][] {
  return ["calendars", "feeds", "environments", "schemas"].flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, EXCHANGES))]
      .filter(({ name }) => name.endsWith(".yaml"))
      .map(({ name }): [string, string] => [
        name,
        Deno.readTextFileSync(new URL(`${folder}/${name}`, EXCHANGES)),
      ])
  );
}

/** Lines that a diff takes away and brings. */
function changed(before: string, after: string): string[] {
  return textDiff("f", before, after).split("\n").slice(2).filter((line) => /^[+-]/.test(line));
}

const FILE = `# first comment
name: a # of the file
feeds: [kraken,   kalshi] # odd spaces stay
schema: v1
symbols: # map
  BTCUSD: { feed: kraken, external: BTC/USD, depth: 10 } # one

  ETHUSD: { feed: kraken, external: ETH/USD }
list:
  - from: "2026-01-01"
    x: 1
# last comment
`;

Deno.test("an edit changes its own line and leaves every other line as it is", () => {
  const edit = new YamlEdit(FILE);
  edit.set(["symbols", "BTCUSD", "depth"], 25);
  assert.deepEqual(changed(FILE, edit.toString()), [
    "-  BTCUSD: { feed: kraken, external: BTC/USD, depth: 10 } # one",
    "+  BTCUSD: { feed: kraken, external: BTC/USD, depth: 25 } # one",
  ]);
});

Deno.test("what is added comes last, on one line, and lists stay tight", () => {
  const edit = new YamlEdit(FILE);
  edit.set(["symbols", "SOLUSD"], { feed: "kraken", external: "SOL/USD" });
  edit.append(["feeds"], "other");
  edit.append(["list"], { from: "2026-02-01", types: ["a", "b"], auth: { method: "none" } });
  assert.deepEqual(changed(FILE, edit.toString()), [
    "-feeds: [kraken,   kalshi] # odd spaces stay",
    "+feeds: [kraken, kalshi, other] # odd spaces stay",
    "+  SOLUSD: { feed: kraken, external: SOL/USD }",
    '+  - from: "2026-02-01"',
    "+    types: [a, b]",
    "+    auth: { method: none }",
  ]);
});

Deno.test("what is removed takes nothing else with it", () => {
  const edit = new YamlEdit(FILE);
  assert.equal(edit.remove(["symbols", "ETHUSD"]), true);
  assert.equal(edit.remove(["symbols", "XRPUSD"]), false);
  assert.equal(edit.remove(["nothing", "below"]), false);
  assert.equal(edit.remove(["name", "below"]), false);
  assert.ok(!edit.toString().includes("ETHUSD"));
  assert.match(edit.toString(), /# first comment[^]*# of the file[^]*# one[^]*# last comment/);
});

Deno.test("no change gives the same bytes", () => {
  for (const [, text] of files()) {
    const edit = new YamlEdit(text);
    const value = parse(text);
    const key = Object.keys(value)[0] as string;
    edit.set([key], value[key]);
    assert.equal(edit.toString(), text);
  }
});

Deno.test("any change of a file of the repository keeps its comments and says what was meant", () => {
  const all = files();
  fc.assert(
    fc.property(fc.nat(all.length - 1), fc.nat(), fc.boolean(), (index, pick, removes) => {
      const [, text] = all[index] as [string, string];
      const value = parse(text);
      const keys = Object.keys(value);
      const key = keys[pick % keys.length] as string;
      const edit = new YamlEdit(text);
      if (removes) edit.remove([key]);
      else edit.set([key], "changed");
      if (removes) delete value[key];
      else value[key] = "changed";
      const after = edit.toString();
      assert.deepEqual(parse(after), value);
      if (pick % keys.length > 0) assert.equal(after.split("\n")[0], text.split("\n")[0]);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a value in the way of a path is told", () => {
  assert.throws(() => new YamlEdit(FILE).set(["name", "x"], 1), /name\.x cannot be set/);
});

Deno.test("a new file is block style outside and flow style inside", () => {
  const text = yamlText({ id: "x", versions: [{ from: "2026-01-01", auth: { method: "none" } }] }, [
    "one",
  ]);
  assert.equal(
    text,
    '# one\nid: x\nversions:\n  - from: "2026-01-01"\n    auth: { method: none }\n',
  );
});

Deno.test("a text diff is that of diff -u", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const before = FILE;
    const after = FILE.replace("depth: 10", "depth: 25").replace("x: 1", "x: 2\n    y: 3");
    await Deno.writeTextFile(`${dir}/a`, before);
    await Deno.writeTextFile(`${dir}/b`, after);
    const { stdout } = await new Deno.Command("diff", { args: ["-u", `${dir}/a`, `${dir}/b`] })
      .output();
    const theirs = new TextDecoder().decode(stdout).split("\n").slice(2);
    assert.deepEqual(textDiff("f", before, after).split("\n").slice(2), theirs);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a value is put into a list where it belongs, and other lines stay", async () => {
  const before = await Deno.readTextFile(new URL("calendars/us-equity.yaml", EXCHANGES));
  const edit = new YamlEdit(before);
  edit.insert(["special_days"], 1, { date: "2010-01-04", reason: "test", open: [] });
  edit.insert(["special_days"], 9_999, { date: "2028-01-03", reason: "test" });
  assert.deepEqual(changed(before, edit.toString()), [
    '+  - date: "2010-01-04"',
    "+    reason: test",
    "+    open: []",
    '+  - { date: "2028-01-03", reason: test }',
  ]);
});
