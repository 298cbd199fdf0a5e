import assert from "node:assert/strict";
import { unusedExports } from "./unused_exports.ts";

const ALIASES = { "@ssmd/market": "./lib/market/mod.ts" };

function findings(files: Record<string, string>): string[] {
  return unusedExports(new Map(Object.entries(files)), ALIASES);
}

Deno.test("an export that nobody imports is found, whatever it declares", () => {
  const declarations = [
    "export function a() {}",
    "export async function a() {}",
    "export class a {}",
    "export abstract class a {}",
    "export interface a {}",
    "export type a = 1;",
    "export const a = 1;",
    "const a = 1;\nexport { a };",
  ];
  for (const text of declarations) {
    const files = { "jobs/a.ts": `${text}\n`, "jobs/b.ts": "const a = 1; // a\n" };
    assert.deepEqual(findings(files), ["jobs/a.ts: a is exported, and nobody imports it"]);
  }
});

Deno.test("each kind of import is a use", () => {
  const imports = [
    `import { a } from "./a.ts";`,
    `import { type a, other } from "./a.ts";`,
    `import type { a as b } from "./a.ts";`,
    `import {\n  a,\n} from "./a.ts";`,
    `import * as all from "./a.ts";\nall.a;`,
    `const { a } = await import("./a.ts");`,
  ];
  for (const text of imports) {
    const files = { "jobs/a.ts": "export const a = 1;\n", "jobs/b.ts": `${text}\n` };
    assert.deepEqual(findings(files), [], text);
  }
  const whole = {
    "jobs/a.ts": "export const b = 1;\n",
    "jobs/c.ts": `import * as a from "./a.ts";`,
  };
  assert.equal(findings(whole).length, 1);
});

Deno.test("mod.ts hands a use on to where a name is declared, and is no use by itself", () => {
  const market = {
    "lib/market/gap.ts": "export const a = 1;\n",
    "lib/market/mod.ts": `export { a as gap } from "./gap.ts";\n`,
  };
  assert.deepEqual(findings(market), [
    "lib/market/gap.ts: a is exported, and nobody imports it",
    "lib/market/mod.ts: gap is exported, and nobody imports it",
  ]);
  const used = { ...market, "jobs/b.ts": `import { gap } from "@ssmd/market";\n` };
  assert.deepEqual(findings(used), []);
});

Deno.test("what only tests import must be of use inside its file", () => {
  const test = { "jobs/a_test.ts": `import { a } from "./a.ts";\n` };
  const dead = { ...test, "jobs/a.ts": "/** Makes `a`. */\nexport const a = 1;\n" };
  assert.deepEqual(findings(dead), ["jobs/a.ts: only tests use a"]);
  const alive = { ...test, "jobs/a.ts": "export const a = 1;\nDeno.exit(a);\n" };
  assert.deepEqual(findings(alive), []);
  assert.deepEqual(findings({ ...test, "jobs/testing/a.ts": "export const a = 1;\n" }), []);
});

Deno.test("what authors of signals and tests export is theirs", () => {
  assert.deepEqual(
    findings({
      "signals/author/mod.ts": `export { signal } from "./signal.ts";\n`,
      "signals/author/signal.ts": "export function signal() {}\n",
      "tests/servers/nats.ts": "export const unused = 1;\n",
    }),
    [],
  );
});
