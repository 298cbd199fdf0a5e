import assert from "node:assert/strict";
import { cpuMsOf } from "../../tests/contract/cpu_time.ts";
import { YamlSource } from "./document.ts";
import { parseYaml } from "./parse_yaml.ts";
import { safeYaml } from "./safe_yaml.ts";

const COUNT = 20_000;
/** A walk through all of the text for each line takes more than a minute. */
const CPU_MS_MAX = 30_000;

const HUGE: Record<string, string> = {
  "aliases": `a: &a 1\nlist:\n${"  - *a\n".repeat(COUNT)}`,
  "aliases without anchors": `list:\n${"  - *b\n".repeat(COUNT)}`,
  "merges": "<<: *b\n".repeat(COUNT),
  "broken lines": `a:\n${"  - [\n\t]\n".repeat(COUNT)}`,
};

for (const [what, text] of Object.entries(HUGE)) {
  Deno.test(`a file of ${COUNT} ${what} is refused with few findings, soon`, async () => {
    const ms = await cpuMsOf(() => {
      const { findings, value } = new YamlSource({ path: "environments/a.yaml", text });
      assert.equal(value, undefined);
      assert.ok(findings.length >= 1 && findings.length <= 20, String(findings.length));
      assert.equal(safeYaml(text), undefined);
    });
    assert.ok(ms < CPU_MS_MAX, `${ms} ms`);
  });
}

Deno.test("a file of 20,000 keys is read in time that grows with its length", async () => {
  const text = Array.from({ length: COUNT }, (_, i) => `k${i}: ${i}`).join("\n");
  const ms = await cpuMsOf(() => {
    const value = parseYaml(text).toJS() as Record<string, number>;
    assert.equal(value["k19999"], 19_999);
  });
  assert.ok(ms < CPU_MS_MAX, `${ms} ms`);
});

Deno.test("what stands behind too many aliases is not parsed", () => {
  const text = `a: &a 1\nlist:\n${"  - *a\n".repeat(51)}${"  - [\n\t]\n".repeat(COUNT)}`;
  const { findings } = new YamlSource({ path: "environments/a.yaml", text });
  assert.deepEqual(findings.map(({ line, column }) => [line, column]), [[53, 5]]);
});

Deno.test("stars in texts, comments and blocks are no aliases", () => {
  const stars = "*a ".repeat(100);
  const text = `a: "${stars}"\nb: ${
    "x *y ".repeat(100)
  }\n# ${stars}\nc: |\n ${stars}\n *b\nd: 5 * 6\n`;
  const { findings, value } = new YamlSource({ path: "environments/a.yaml", text });
  assert.deepEqual(findings, []);
  assert.equal((value as { d: string }).d, "5 * 6");
});

Deno.test("fifty aliases are fine, one more is told at its place", () => {
  const of = (count: number) => `a: &a 1\nlist:\n${"  - *a\n".repeat(count)}`;
  assert.equal((parseYaml(of(50)).toJS() as { list: number[] }).list.length, 50);
  const { findings } = new YamlSource({ path: "environments/a.yaml", text: of(51) });
  assert.deepEqual(findings.map(({ line, message }) => [line, message]), [
    [53, "not valid YAML: more than 50 aliases (*name)"],
  ]);
});
