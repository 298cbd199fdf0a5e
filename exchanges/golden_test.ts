import assert from "node:assert/strict";
import { VENUES } from "./mod.ts";
import { GOLDEN, goldenFrames, goldenSymbol } from "./_golden_fixtures.ts";
import { Translator } from "./translator.ts";

/**
 * Frames that the simulators sent, and the records that each wire version makes of them. After an
 * intended change of records, SSMD_WRITE_GOLDEN=1 writes the records anew: read the difference.
 */
const START_US = 1_785_542_400_000_000;
const BETWEEN_FRAMES_US = 1_000;

for (const venue of Object.values(VENUES)) {
  for (const { id, create } of venue.normalizers) {
    Deno.test(`${id}: its golden frames give its golden records`, async () => {
      const translator = new Translator(
        venue.id,
        create({ feed: venue.id, symbols: [goldenSymbol(venue.id)] }),
      );
      const lines: string[] = [];
      translator.line({ kind: "event", atUs: START_US, name: "connect", why: "" });
      for (const [i, text] of (await goldenFrames(id)).entries()) {
        const atUs = START_US + (i + 1) * BETWEEN_FRAMES_US;
        const { events, notice } = translator.line({ kind: "frame", atUs, text });
        assert.notEqual(notice?.type, "unreadable", `${text}: ${JSON.stringify(notice)}`);
        for (const event of events) lines.push(`${JSON.stringify(event)}\n`);
      }
      const golden = new URL(`${id}.records.jsonl`, GOLDEN);
      if (Deno.env.get("SSMD_WRITE_GOLDEN") === "1") {
        await Deno.writeTextFile(golden, lines.join(""));
      }
      assert.equal(lines.join(""), await Deno.readTextFile(golden));
    });
  }
}
