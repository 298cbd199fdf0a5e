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
  ...filesIn(new URL("policies/", EXCHANGES), "policies"),
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

Deno.test("a parser that is not built in is a mistake, with the nearest, unless the feed is disabled", () => {
  const text = `id: venue
display_name: Venue
type: spot
status: active
versions:
  - from: "2025-01-01"
    protocol: { transport: websocket, message: json }
    endpoint: wss://venue.example
    auth: { method: none }
    symbols_per_connection: 100
    capabilities: { types: [trade] }
    sequenced: false
    parser: venue-1
`;
  const findings = (each: string) =>
    checkSources([{ path: "feeds/venue.yaml", text: each }], { parsers: ["venue-v1"] }).findings;
  const [finding, ...others] = findings(text);
  assert.equal(others.length, 0);
  assert.equal(finding?.line, 13);
  assert.match(
    finding?.message ?? "",
    /no normalizer "venue-1" is built in. Did you mean "venue-v1"/,
  );
  assert.deepEqual(findings(text.replace("venue-1", "venue-v1")), []);
  assert.deepEqual(findings(text.replace("status: active", "status: disabled")), []);
});

Deno.test("an environment on NATS without max_bytes is warned of and stays sound", () => {
  const text = (transport: string) =>
    `name: a\nfeeds: []\nschema: v1\nsymbols: {}\ntransport: ${transport}\nstorage: { type: memory }\n`;
  const check = (transport: string) =>
    checkSources(
      [{ path: "environments/a.yaml", text: text(transport).replace("[]", "[kraken]") }],
      {
        knownFeeds: ["kraken"],
      },
    );
  const { findings, warnings, environments } = check('{ type: nats, url: "nats://h:4222" }');
  assert.deepEqual(findings, []);
  assert.ok(environments.has("a"));
  assert.deepEqual(warnings.map(({ path, line }) => [path, line]), [["transport", 5]]);
  assert.match(warnings[0]?.message ?? "", /^no max_bytes: /);
  assert.deepEqual(check('{ type: nats, url: "nats://h:4222", max_bytes: 1GiB }').warnings, []);
  assert.deepEqual(check("{ type: memory }").warnings, []);
});

Deno.test("a file of an earlier commit may have attributes that no shard selects", () => {
  const [environment] = filesIn(new URL("environments/", EXCHANGES), "environments")
    .filter(({ path }) => path.endsWith("/demo.yaml"));
  const text = `${environment?.text}`.replace("{ feed: kraken,", "{ tier: 1, feed: kraken,");
  const reported = (isPast: boolean, more = "") => {
    const file = { path: "environments/demo.yaml", text: text + more };
    const files = [...REGISTRY, file];
    const { findings, environments } = checkSources(files, { on: ON, isWhole: true, isPast });
    const own = findings.filter(({ file: name }) => name === file.path);
    return { fields: own.map(({ path }) => path), is: environments.has("demo") };
  };
  assert.deepEqual(reported(true), { fields: [], is: true });
  assert.deepEqual(reported(false).fields.map((path) => path.split(".").at(-1)), ["tier"]);
  assert.deepEqual(reported(true, "tiers: 3\n"), { fields: ["tiers"], is: false });
});
