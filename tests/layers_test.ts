import assert from "node:assert/strict";
import { importFinding, isTest, pathFinding, roomOf, servicesFinding } from "./layers.ts";
import { circlesOf, folderEdges, layerFindings } from "./layers_graph.ts";
import plugin from "./layers_plugin.ts";

function lint(filename: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, filename, source).map(({ message }) => message);
}

Deno.test("a file's room is told by its folder", () => {
  const rooms = {
    "lib/market/event.ts": "market",
    "exchanges/adapter.ts": "exchanges",
    "exchanges/kraken/mod.ts": "venue",
    "exchanges/simulator/model/book.ts": "simulator",
    "gateway/stream/hub.ts": "gateway",
    "deno.json": undefined,
  };
  for (const [path, room] of Object.entries(rooms)) assert.equal(roomOf(path), room, path);
});

Deno.test("forbidden directions are found", () => {
  const forbidden: [string, string][] = [
    ["lib/runtime/log.ts", "@ssmd/market"],
    ["lib/transport/nats.ts", "@ssmd/codec"],
    ["lib/transport/nats.ts", "@ssmd/market"],
    ["lib/metadata/check.ts", "@ssmd/exchanges"],
    ["lib/archive/paths.ts", "@ssmd/transport"],
    ["exchanges/kraken/normalize.ts", "@ssmd/transport"],
    ["exchanges/kraken/normalize.ts", "../kalshi/mod.ts"],
    ["exchanges/simulator/server.ts", "@ssmd/connector"],
    ["archiver/main.ts", "@ssmd/exchanges"],
    ["gateway/main.ts", "@ssmd/connector"],
    ["signals/main.ts", "@ssmd/agents"],
    ["new_room/main.ts", "@ssmd/runtime"],
  ];
  for (const [from, specifier] of forbidden) {
    assert.ok(importFinding({ from, specifier }), `${from} imports ${specifier}`);
  }
});

Deno.test("allowed directions are not found", () => {
  const allowed: [string, string][] = [
    ["lib/codec/encoder.ts", "@ssmd/market"],
    ["lib/archive/paths.ts", "@ssmd/storage"],
    ["lib/archive/manifest.ts", "./paths.ts"],
    ["lib/runtime/log.ts", "node:fs"],
    ["lib/runtime/log.ts", "npm:zod@4"],
    ["lib/runtime/log.ts", "ws"],
    ["exchanges/kraken/normalize.ts", "../adapter.ts"],
    ["exchanges/registry.ts", "./kalshi/mod.ts"],
    ["exchanges/simulator/server.ts", "../kalshi/mod.ts"],
    ["connector/main.ts", "@ssmd/exchanges"],
    ["agents/main.ts", "@ssmd/signals"],
    ["cli/commands/up.ts", "@ssmd/gateway"],
    ["cli/commands/version.ts", "../../deno.json"],
    ["tests/kill_test.ts", "@ssmd/simulator"],
    ["lib/transport/nats_test.ts", "@ssmd/codec"],
  ];
  for (const [from, specifier] of allowed) {
    assert.equal(importFinding({ from, specifier }), undefined, `${from} imports ${specifier}`);
  }
});

Deno.test("venues may take types of metadata, not values", () => {
  const each = { from: "exchanges/kraken/venue.ts", specifier: "@ssmd/metadata" };
  assert.equal(importFinding({ ...each, typeOnly: true }), undefined);
  assert.match(importFinding(each) ?? "", /import type/);
});

Deno.test("a reach through into another room is found, from tests and cli too", () => {
  for (const from of ["archiver/main.ts", "cli/commands/up.ts", "tests/a_test.ts"]) {
    const up = from.split("/").slice(1).map(() => "..").join("/");
    const specifier = `${up}/lib/market/orderbook.ts`;
    assert.match(importFinding({ from, specifier }) ?? "", /by its alias @ssmd\/market/);
  }
});

Deno.test("only cli/up imports several services", () => {
  const both = ["@ssmd/connector", "@ssmd/gateway", "@ssmd/runtime"];
  assert.match(servicesFinding("cli/commands/archive_cat.ts", both) ?? "", /connector and gateway/);
  assert.equal(servicesFinding("cli/up/up.ts", both), undefined);
  assert.equal(servicesFinding("cli/up.ts", both), undefined);
  assert.equal(servicesFinding("cli/commands/archive_cat.ts", ["@ssmd/archiver"]), undefined);
});

Deno.test("files directly in lib/ and vague folders are found", () => {
  assert.ok(pathFinding("lib/loose.ts"));
  for (const name of ["util", "utils", "common", "helpers"]) {
    assert.ok(pathFinding(`gateway/${name}/a.ts`));
  }
  assert.equal(pathFinding("lib/market/event.ts"), undefined);
});

Deno.test("test files are those that tests alone use", () => {
  for (
    const path of ["a/b_test.ts", "a/_fixtures.ts", "gateway/testing/rig.ts", "a/test_frames.ts"]
  ) {
    assert.ok(isTest(path), path);
  }
  assert.equal(isTest("gateway/stream/hub.ts"), false);
});

Deno.test("the lint rule finds imports, exports, dynamic and computed imports", () => {
  const file = "archiver/main.ts";
  assert.equal(lint(file, `import { a } from "@ssmd/exchanges";`).length, 1);
  assert.equal(lint(file, `export { a } from "@ssmd/connector";`).length, 1);
  assert.match(
    lint(file, `export * from "../gateway/hub.ts";`).join(),
    /one by one[\s\S]*may not import gateway/,
  );
  assert.equal(lint(file, `await import("@ssmd/connector");`).length, 1);
  assert.match(lint(file, `await import(name);`)[0] ?? "", /computed import/);
  assert.deepEqual(lint(file, `import { a } from "@ssmd/archive"; import b from "node:fs";`), []);
});

Deno.test("the lint rule tells import type from import", () => {
  const file = "exchanges/kraken/venue.ts";
  assert.deepEqual(lint(file, `import type { Feed } from "@ssmd/metadata";`), []);
  assert.equal(lint(file, `import { loadFeed } from "@ssmd/metadata";`).length, 1);
});

Deno.test("circles are found once, whatever file is first", () => {
  const edges = new Map([["a", ["b"]], ["b", ["c", "d"]], ["c", ["a"]], ["d", []], ["e", ["e"]]]);
  assert.deepEqual(circlesOf(edges), [["a", "b", "c", "a"], ["e", "e"]]);
});

async function withProject(
  files: Record<string, string>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
      await Deno.writeTextFile(`${root}/${path}`, text);
    }
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const ALIASES = JSON.stringify({
  imports: {
    "@ssmd/market": "./lib/market/mod.ts",
    "@ssmd/connector": "./connector/mod.ts",
    "@ssmd/gateway": "./gateway/mod.ts",
  },
});

Deno.test("the graph finds dynamic imports, circles of types, missing modules and loose files", async () => {
  const files = {
    "deno.json": ALIASES,
    "lib/loose.ts": "export {};",
    "lib/market/mod.ts": `export * from "./a.ts"; export * from "./b.ts";`,
    "lib/market/a.ts": `import type { B } from "./b.ts"; export type A = B | 1;`,
    "lib/market/b.ts": `import type { A } from "./a.ts"; export type B = A | 2;`,
    "gateway/mod.ts": `export const g = () => import("@ssmd/connector");`,
    "connector/mod.ts": `export const c = () => import("./gone.ts");`,
    "cli/commands/x.ts": `import "@ssmd/gateway"; import "@ssmd/connector";`,
  };
  await withProject(files, async (root) => {
    const findings = (await layerFindings(root)).join("\n");
    assert.match(findings, /lib\/loose\.ts: no file stands directly in lib/);
    assert.match(
      findings,
      /a circle: lib\/market\/a\.ts → lib\/market\/b\.ts → lib\/market\/a\.ts/,
    );
    assert.match(findings, /gateway\/mod\.ts: gateway may not import connector/);
    assert.match(findings, /connector\/gone\.ts: cannot be loaded/);
    assert.match(findings, /cli\/commands\/x\.ts: imports connector and gateway/);
  });
});

Deno.test("folders that import each other are found, but not a folder and what is below it", () => {
  const edges = {
    "gateway/rest/a.ts": ["gateway/http/b.ts", "gateway/limits.ts"],
    "gateway/http/b.ts": ["gateway/rest/routes/c.ts", "gateway/http/d.ts"],
    "gateway/gateway.ts": ["gateway/rest/a.ts"],
    "gateway/mcp/a.ts": ["gateway/rest/a.ts"],
    "gateway/rest/a_test.ts": ["gateway/mcp/a.ts"],
    "gateway/rest/routes/c.ts": ["gateway/rest/a.ts"],
  };
  const folders = folderEdges(new Map(Object.entries(edges)));
  assert.deepEqual(Object.fromEntries(folders), {
    "gateway/rest": ["gateway/http"],
    "gateway/http": ["gateway/rest"],
    "gateway/mcp": ["gateway/rest"],
  });
  assert.deepEqual(circlesOf(folders), [["gateway/rest", "gateway/http", "gateway/rest"]]);
});

Deno.test("a sound project has no finding", async () => {
  const files = {
    "deno.json": ALIASES,
    "lib/market/mod.ts": `export * from "./a.ts";`,
    "lib/market/a.ts": "export const a = 1;",
    "gateway/mod.ts": `export { a } from "@ssmd/market";`,
  };
  await withProject(files, async (root) => assert.deepEqual(await layerFindings(root), []));
});
