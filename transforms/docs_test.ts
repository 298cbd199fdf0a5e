import assert from "node:assert/strict";
import { TransformSession } from "./process/transform_session.ts";
import { compileTransform } from "./source/compile_transform.ts";
import type { Language } from "./source/language.ts";

const DOC = await Deno.readTextFile(new URL("../docs/transforms.md", import.meta.url));
const TRADE = {
  ...{ type: "trade", symbol: "BTCUSD", feed: "kraken", price: 64000.5, size: 0.25, side: "buy" },
  ...{ ts: Date.UTC(2026, 10, 29, 12), recv_ts: Date.UTC(2026, 10, 29, 12), seq: 1 },
};

/** The first block of a language in the page. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([^]*?)\\n\`\`\``).exec(DOC)?.[1] ?? "";
}

async function outputOf(language: Language): Promise<unknown> {
  const text = block(language);
  assert.ok(text.length > 50, language);
  const session = await TransformSession.open(compileTransform({ name: "shown", language, text }));
  try {
    return (await session.run([TRADE]))[0];
  } finally {
    await session.close();
  }
}

Deno.test("the page's two transforms give what stands below them", async () => {
  assert.deepEqual(await outputOf("lua"), { text: block("text") });
  assert.deepEqual(await outputOf("ts"), { json: JSON.parse(block("json")) });
});
