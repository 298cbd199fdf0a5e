import assert from "node:assert/strict";
import { compileTransform } from "./compile_transform.ts";
import type { Language } from "./language.ts";

/** Where a source is refused, and why. */
function refusalOf(language: Language, text: string): string {
  try {
    compileTransform({ name: "desk", language, text });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("imports of every kind are refused with their place", () => {
  for (
    const line of [
      `import fs from "node:fs";`,
      `import secret from "/etc/passwd" with { type: "text" };`,
      `import type { Trade } from "./trade.ts"; import "./other.ts";`,
      `export * from "./other.ts";`,
      `const x = await import("./other.ts");`,
    ]
  ) {
    assert.match(refusalOf("ts", `${line}\nexport default () => 1;`), /^desk\.ts:1:\d+: /, line);
  }
});

Deno.test("names that no transform has are refused, in texts and comments they may stand", () => {
  assert.match(refusalOf("ts", "export default () => Deno.exit();"), /^desk\.ts:1:22: Deno/);
  assert.match(refusalOf("lua", "return function(r)\n  os.exit(3)\nend"), /^desk\.lua:2:3: os/);
  for (
    const text of [
      `// fetch\nexport default (record) => "process " + record.process;`,
      `export default (record) => ({ eval: record.price });`,
    ]
  ) assert.equal(refusalOf("ts", text), "");
  assert.equal(
    refusalOf("lua", `return function(record) -- io\n return { os = "os", n = record.os } end`),
    "",
  );
});

Deno.test("a file that is no transform is refused", () => {
  assert.match(refusalOf("ts", "const x = 1;"), /no default export/);
  assert.match(refusalOf("ts", "export const x = 1;\nexport default () => x;"), /one function/);
  assert.match(refusalOf("ts", "export default () => {"), /cannot be read|its types|Its types/);
  assert.match(refusalOf("lua", `-- ${"x".repeat(70_000)}`), /at most 64 KiB/);
});
