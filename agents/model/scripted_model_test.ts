import assert from "node:assert/strict";
import { DEMO_SCRIPT } from "./demo_script.ts";
import { scriptedModel } from "./scripted_model.ts";

Deno.test("a signal of the demo's script is on the markets that the words name, and no others", async () => {
  const model = scriptedModel(DEMO_SCRIPT);
  const symbols = async (user: string) => {
    const { value } = await model.ask({ task: "signal_draft", system: "", schema: {}, user });
    return (value as { symbols: string[] }).symbols;
  };
  const words = "when the spread of any KXBTC market doubles within ten seconds";
  assert.deepEqual(await symbols(words), ["KXBTC*"]);
  assert.deepEqual(await symbols(words.replace("KXBTC ", "")), ["*"]);
});
