import assert from "node:assert/strict";
import type { AskRoute } from "../../http/ask.ts";
import { askPage } from "./paged.ts";

/** A route of 40 records, each of which is longer the more often it was asked. */
function growing(): { ask: AskRoute; asked: () => number } {
  let asked = 0;
  const ask: AskRoute = ({ query }) => {
    const from = Number(query?.["cursor"] ?? 0);
    const to = Math.min(40, from + Number(query?.["limit"]));
    const pad = "x".repeat(300 + 20 * asked++);
    const records = Array.from({ length: to - from }, (_, i) => ({ n: from + i, pad }));
    return Promise.resolve({ records, ...(to < 40 ? { next: String(to) } : {}) });
  };
  return { ask, asked: () => asked };
}

Deno.test("a page that never fits as it was measured skips no record", async () => {
  const { ask, asked } = growing();
  const read: unknown[] = [];
  for (let cursor: string | undefined = "0", pages = 0; cursor !== undefined; pages++) {
    assert.ok(pages < 40);
    const page = await askPage(ask, {
      request: { path: "/v1/records", query: { limit: 40, cursor } },
      list: "records",
      found: (records) => ({ data: { records }, condition: "complete" }),
    });
    const records = page.data["records"] as { n: number }[];
    read.push(...records.map(({ n }) => n));
    cursor = page.nextCursor;
  }
  assert.deepEqual(read, Array.from({ length: 40 }, (_, n) => n));
  assert.ok(asked() > 10, `asked ${asked()} times`);
});
