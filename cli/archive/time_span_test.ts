import assert from "node:assert/strict";
import { AUDIT_FILTER_FLAGS } from "../audit/audit_source.ts";
import { EXPIRES } from "../client/flags.ts";
import { parseEnd, parseMoment } from "./time_span.ts";
import { pastTime } from "../keys/written_key.ts";

Deno.test("a moment is a day, a time or a time ago; a day that does not exist is none", () => {
  assert.equal(parseMoment("2026-02-28T10:00:00.5Z"), Date.UTC(2026, 1, 28, 10, 0, 0, 500) * 1000);
  assert.equal(parseEnd("2026-02-28"), Date.UTC(2026, 2, 1) * 1000);
  for (
    const text of [
      "2026-02-30T10:00:00Z",
      "2026-02-30T10:00Z",
      "2026-02-30",
      "2026-13-01T10:00:00Z",
      "noon",
      "",
    ]
  ) {
    assert.throws(() => parseMoment(text), RangeError, text);
    assert.throws(() => AUDIT_FILTER_FLAGS.from.parse?.(text), RangeError, text);
    assert.throws(() => EXPIRES.parse?.(text.replace("2026", "2999")), RangeError, text);
    assert.throws(() => pastTime(text), { code: "KEY_TIME_INVALID" }, text);
  }
  assert.equal(pastTime("2026-02-28T10:00:00Z"), "2026-02-28T10:00:00.000Z");
});
