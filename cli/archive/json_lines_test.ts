import assert from "node:assert/strict";
import { rawLinesOf } from "@ssmd/archive";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { jsonLinesOf } from "./json_lines.ts";

async function fileOf(storage: Storage, part: string): Promise<Uint8Array> {
  for await (const { key } of storage.list("")) if (key.includes(part)) return storage.get(key);
  throw new assert.AssertionError({ message: `no key with ${part}` });
}

Deno.test("raw lines are printed as they were written, compressed or plain", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  const file = await fileOf(storage, ".jsonl.zst");
  const lines = [...jsonLinesOf(file, "raw")];
  assert.match(lines[0] ?? "", /^\{"_capture":\{"run":"m1abc"/);
  assert.equal(lines.length, [...rawLinesOf(file, "raw")].length);
  const plain = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  assert.deepEqual([...jsonLinesOf(plain, "plain")], lines);
});

Deno.test("records are printed with times in nanoseconds", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  const lines = [...jsonLinesOf(await fileOf(storage, "/trade/"), "trade")];
  const first = JSON.parse(lines[0] ?? "");
  assert.deepEqual([first.type, first.symbol, first.price], ["trade", "BTCUSD", 66000]);
  assert.equal(first.recv_ts, `${Date.parse("2026-08-01T02:53:50.001Z")}000000`);
});

Deno.test("what is whole is printed before the error of a damaged file", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  const file = await fileOf(storage, ".jsonl.zst");
  const two = new Uint8Array([...file, ...file.subarray(0, 100)]);
  const lines: string[] = [];
  assert.throws(() => {
    for (const line of jsonLinesOf(two, "x.jsonl.zst")) lines.push(line);
  }, { code: "ARCHIVE_DAMAGED", message: /x\.jsonl\.zst is damaged at byte \d+/ });
  assert.ok(lines.length > 100);
});
