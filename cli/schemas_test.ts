import assert from "node:assert/strict";
import { z } from "zod";
import { buildCatalogue } from "./catalogue/build.ts";
import { loadSchemas } from "./catalogue/load.ts";
import { Project } from "./registry/project_fixtures.ts";

const VENUE = ["--endpoint", "wss://venue.example", "--parser", "kraken-v2"];
const catalogue = await buildCatalogue();
const schemas = await loadSchemas();

type Node = Record<string, unknown>;

function schemaOf(command: string): Node {
  const schema = schemas[command];
  assert.ok(schema !== undefined, command);
  return schema;
}

/** Every schema inside of a schema, with where it stands. */
function* nodesOf(node: unknown, at = ""): Generator<[string, Node]> {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node) && ("type" in node || "enum" in node)) yield [at, node as Node];
  for (const [key, each] of Object.entries(node)) {
    if (key !== "enum" && key !== "required") yield* nodesOf(each, `${at}/${key}`);
  }
}

Deno.test("every schema of an output says of each object which fields it has, and of each list what is in it", () => {
  for (const { name, output } of catalogue.commands) {
    if (output === undefined) continue;
    for (const [at, node] of nodesOf(schemaOf(name))) {
      const free = typeof node["description"] === "string";
      if (node["type"] === "object" && !free) {
        assert.ok("additionalProperties" in node, `${name}${at}: other fields are not spoken of`);
        const known = Object.keys(node["properties"] ?? {});
        for (const field of (node["required"] ?? []) as string[]) {
          assert.ok(
            known.includes(field),
            `${name}${at}: requires ${field}, which it does not know`,
          );
        }
      }
      if (node["type"] === "array") assert.ok("items" in node, `${name}${at}: items of any kind`);
    }
  }
});

/** The same value with a field too many, and with each of its fields missing or of no kind. */
function spoilt(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap(spoilt).map((item) => [item]);
  const fields = Object.keys(value as object).filter((field) => !OPTIONAL.has(field));
  return [
    { ...value as object, strange: 1 },
    ...fields.map((field) => ({ ...value as object, [field]: Symbol("no JSON") })),
    ...fields.map((field) => {
      const { [field]: _, ...rest } = value as Record<string, unknown>;
      return rest;
    }),
  ];
}

/** Fields that may be absent. */
const OPTIONAL = new Set([
  ...["calendar", "capture_locations", "now", "simulator", "depth"],
  ...["keys", "cache", "journal", "gateway", "signals", "special_days"],
]);

async function assertFits(project: Project, line: string, code = 0): Promise<unknown> {
  const words = line.split(" ");
  const group = catalogue.groups.some(({ name }) => name === words[0]);
  const schema = z.fromJSONSchema(schemaOf(words.slice(0, group ? 2 : 1).join(" ")));
  const ran = await project.ssmd(...words, "--output", "json");
  assert.equal(ran.code, code, `ssmd ${line}: ${ran.stderr}`);
  const value = JSON.parse(ran.stdout);
  const { error } = schema.safeParse(value);
  assert.equal(error && z.prettifyError(error), undefined, `ssmd ${line}: ${ran.stdout}`);
  for (const wrong of spoilt(value)) assert.equal(schema.safeParse(wrong).success, false, line);
  return value;
}

Deno.test("outputs of an empty registry are empty lists, and fit their schemas", async () => {
  await Project.use(async (project) => {
    const { made } = await assertFits(project, "init") as { made: string[] };
    assert.ok(made.length > 5);
    assert.deepEqual(await assertFits(project, "init"), { dir: "exchanges", made: [] });
    const lists = ["feed", "calendar", "schema", "env", "symbol", "key"];
    for (const noun of lists) assert.deepEqual(await assertFits(project, `${noun} list`), [], noun);
    for (const line of ["schema hash", "key check", "key verify"]) {
      assert.deepEqual(await assertFits(project, line), [], line);
    }
    for (const line of ["validate", "symbol validate"]) await assertFits(project, line);
    await assertFits(project, "diff");
  });
});

Deno.test("what is not in force yet is null, and fits the schema", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    const version = [...VENUE, "--from", "2030-01-01"];
    await project.ok("feed", "create", "venue", ...version);
    await project.ok("schema", "register", "trade", "--from", "2030-01-01");
    await project.write(
      "exchanges/calendars/c.yaml",
      "name: c\ndisplay_name: C\ntimezone: Asia/Tokyo\nversions:\n" +
        '  - { from: "2030-01-01", open: [{ days: [mon], from: "09:00", to: "15:00" }] }\n' +
        "special_days:\n" +
        '  - { date: "2030-01-07", reason: none, open: [{ from: "09:00", to: "24:00" }] }\n',
    );
    for (const noun of ["feed", "schema", "calendar"]) {
      const [row] = await assertFits(project, `${noun} list`) as { since: null }[];
      assert.equal(row?.since, null);
    }
    for (const line of ["feed show venue", "schema show trade", "calendar show c"]) {
      const before = await assertFits(project, line) as { in_force: null };
      assert.equal(before.in_force, null);
      const after = await assertFits(project, `${line} --as-of 2030-01-07`) as { in_force: object };
      assert.notEqual(after.in_force, null);
    }
  });
});

Deno.test("findings, refusals of a comparison, and changes of every kind fit their schemas", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok("feed", "create", "venue", ...VENUE);
    await project.ok("schema", "register");
    await project.ok("env", "create", "a", "--feeds", "venue");
    await assertFits(project, "diff");
    await assertFits(project, "commit -m begin");
    assert.deepEqual(await assertFits(project, "commit -m again"), { commit: null, files: [] });
    const lines = [
      "feed update venue --rate-limit 10/1s --calendar none --dry-run",
      "feed update venue --set calendar=x --dry-run",
    ];
    for (const line of lines) assert.equal((await project.ssmd(...line.split(" "))).code, 1, line);
    await assertFits(project, "feed update venue --rate-limit 10/1s");
    await assertFits(project, "feed show venue");
    await assertFits(project, "feed add-location venue x --clock ptp --accuracy-us 9");
    await assertFits(
      project,
      "feed add-version venue --from 2030-01-01 --endpoint wss://b.example",
    );
    await assertFits(project, "env add-key a bus --type transport --fields token --source env");
    await assertFits(
      project,
      "env update a --set gateway.port=9000 --unset journal.path --set journal.type=memory",
    );
    await assertFits(project, "env create b --from a");
    await assertFits(project, "env diff a b");
    await assertFits(project, "env status a");
    await assertFits(project, "env show a");
    await assertFits(project, "symbol map X --env a --feed venue --external X/USD");
    await assertFits(project, "symbol show X");
    await assertFits(project, "symbol unmap X --env a --dry-run");
    await assertFits(project, "diff");
    await assertFits(project, "commit -m more");
    await assertFits(project, "env history a");
    const text = await project.read("exchanges/schemas/trade.capnp");
    await project.write("bad.capnp", text.replace("price @5 :Float64", "cost @5 :Int64"));
    await assertFits(project, "schema compat trade bad.capnp", 1);
    await assertFits(project, "schema hash trade bad.capnp");
    await assertFits(project, "env delete b --yes");
    const feed = await project.read("exchanges/feeds/venue.yaml");
    await project.write("exchanges/feeds/venue.yaml", feed.replace("type: spot", "type: sport"));
    for (const line of ["validate", "env validate a"]) {
      const { findings } = await assertFits(project, line, 1) as { findings: unknown[] };
      assert.equal(findings.length, 1, line);
    }
  });
});
