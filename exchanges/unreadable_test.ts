import assert from "node:assert/strict";
import type { Normalized, UnreadableNotice } from "./adapter.ts";
import { markUnreadable, noteBeside } from "./unreadable.ts";

type Part = Omit<UnreadableNotice, "type">;

const PARTS: Part[] = [undefined, "A", "B"].flatMap((symbol) =>
  ([undefined, "trade", "ticker"] as const).flatMap((channel) =>
    [false, true].map((isCovered) => ({
      reason: "x",
      ...(symbol === undefined ? {} : { symbol }),
      ...(channel === undefined ? {} : { channel }),
      ...(isCovered ? { isCovered } : {}),
    }))
  )
);

/** Whether a notice's gap, or the one opened already, covers a part. */
function covers(notice: Part, part: Part): boolean {
  if (part.isCovered) return true;
  return !notice.isCovered &&
    (notice.symbol === undefined || notice.symbol === part.symbol) &&
    (notice.channel === undefined || notice.channel === part.channel);
}

Deno.test("the notice of a frame covers every unreadable part of it, in any order", () => {
  for (const first of PARTS) {
    for (const second of PARTS) {
      for (const third of PARTS) {
        const out: Normalized = { events: [], send: [] };
        for (const part of [first, second, third]) {
          markUnreadable(out, part);
          noteBeside(out, { type: "dropped", what: "another part" });
        }
        const { notice } = out;
        assert.ok(notice?.type === "unreadable");
        for (const part of [first, second, third]) {
          assert.ok(covers(notice, part), JSON.stringify([first, second, third, notice]));
        }
      }
    }
  }
});

Deno.test("parts of one market and channel give a notice of that alone", () => {
  const out: Normalized = { events: [], send: [], notice: { type: "ignored", what: "x" } };
  const part: Part = { reason: "x", symbol: "A", channel: "trade", isCovered: true };
  for (let i = 0; i < 3; i++) markUnreadable(out, part);
  assert.deepEqual(out.notice, { type: "unreadable", ...part });
});
