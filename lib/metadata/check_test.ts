import assert from "node:assert/strict";
import { checkSources, type SourceFile } from "./check.ts";
import { formatFinding } from "./finding.ts";

const DATA = new URL("./testdata/", import.meta.url);
const EXCHANGES = new URL("../../exchanges/", import.meta.url);
const ON = "2026-11-20";

function filesIn(folder: URL, as: string): SourceFile[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => ({
    path: `${as}/${name}`,
    text: Deno.readTextFileSync(new URL(name, folder)),
  }));
}

const REGISTRY = [
  ...filesIn(new URL("calendars/", EXCHANGES), "calendars"),
  ...filesIn(new URL("feeds/", EXCHANGES), "feeds"),
  ...filesIn(new URL("feeds/", DATA), "feeds"),
];

/** `environment-x.yaml` is checked as environments/test.yaml, `feed-x.yaml` as feeds/test.yaml. */
function findingsOf(kind: "good" | "bad", name: string): string[] {
  const path = name.startsWith("feed-") ? "feeds/test.yaml" : "environments/test.yaml";
  const text = Deno.readTextFileSync(new URL(`${kind}/${name}`, DATA));
  const { findings } = checkSources([...REGISTRY, { path, text }], { on: ON, isWhole: true });
  return findings.map((finding) => formatFinding({ ...finding, file: name }));
}

function namesIn(kind: "good" | "bad"): string[] {
  const names = [...Deno.readDirSync(new URL(`${kind}/`, DATA))].map((entry) => entry.name);
  return names.filter((name) => name.endsWith(".yaml")).sort();
}

for (const name of namesIn("good")) {
  Deno.test(`${name} has no finding`, () => assert.deepEqual(findingsOf("good", name), []));
}

for (const name of namesIn("bad")) {
  Deno.test(`${name} has exactly the findings expected`, () => {
    const expected = Deno.readTextFileSync(new URL(`bad/${name}.expected`, DATA));
    assert.equal(findingsOf("bad", name).join("\n") + "\n", expected);
  });
}

Deno.test("at least 25 mistakes are kept as files, each with a finding", () => {
  const bad = namesIn("bad");
  assert.ok(bad.length >= 25);
  for (const name of bad) assert.notEqual(findingsOf("bad", name).length, 0, name);
});

Deno.test("a file that is no registry file is a finding, not a silence", () => {
  const { findings } = checkSources([{ path: "exchanges/feeds/x.yml", text: "id: x" }]);
  assert.match(findings[0]?.message ?? "", /not a file of the registry/);
});

Deno.test("values at secret places are not repeated in any finding", () => {
  for (const name of namesIn("bad")) {
    assert.ok(!findingsOf("bad", name).join("\n").includes("hunter2"), name);
  }
});
