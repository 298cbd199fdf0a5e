import assert from "node:assert/strict";
import { inputOfTexts } from "./input_texts.ts";
import { EXPORT } from "./workflows/export.ts";
import { REPROCESS } from "./workflows/reprocess.ts";

Deno.test("texts become numbers and lists where a workflow declares them", () => {
  assert.deepEqual(inputOfTexts(REPROCESS, ["feed=kraken", "version=2", "threads=4", "from=7d"]), {
    ...{ feed: "kraken", version: "2", threads: 4, from: "7d" },
  });
  assert.deepEqual(inputOfTexts(EXPORT, ["out=a", "types=trade", "symbols=A=B", "symbols=C"]), {
    ...{ out: "a", types: ["trade"], symbols: ["A=B", "C"] },
  });
});

Deno.test("arguments that a workflow does not take are refused with what is wrong", () => {
  const refused = (texts: string[], message: RegExp) =>
    assert.throws(() => inputOfTexts(EXPORT, texts), { code: "JOB_INPUT_INVALID", message });
  refused([], /Wrong arguments of export: out: /);
  refused(["out=../up"], /out: a name of letters/);
  refused(["out=a", "types=trades"], /types\.0: /);
  refused(["out=a", "colour=red"], /colour/);
  refused(["out=a", "from=someday"], /from: a day is YYYY-MM-DD/);
});
