import assert from "node:assert/strict";
import type { JsonRecord } from "@ssmd/journal";
import { createLogger, silentLogger } from "@ssmd/runtime";
import { AccessAudit, type DeniedAccess } from "./access_audit.ts";
import { newKey } from "./api_key.ts";
import { AUDIT_LIMITS } from "./limits.ts";

function auditInto(records: JsonRecord[]) {
  const clock = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const append = (record: JsonRecord) => Promise.resolve(records.push(record));
  return { clock, audit: new AccessAudit(append, silentLogger, () => clock.ms) };
}

const BAD: DeniedAccess = {
  ...{ code: "KEY_INVALID", client: "", key: "", address: "10.0.0.1", what: "/v1/markets" },
};

Deno.test("the first refusal of a kind is written at once, the others as one count", () => {
  const records: JsonRecord[] = [];
  const { audit, clock } = auditInto(records);
  for (let i = 0; i < 1000; i++) audit.add(BAD);
  audit.add({ ...BAD, address: "10.0.0.2" });
  assert.deepEqual(records.map(({ address, count }) => [address, count]), [
    ["10.0.0.1", 1],
    ["10.0.0.2", 1],
  ]);
  clock.ms += 5000;
  audit.add(BAD);
  audit.endWindow();
  assert.deepEqual(records.slice(2), [{
    ...{ code: "KEY_INVALID", client: "", key: "", address: "10.0.0.1", what: "/v1/markets" },
    ...{ at: "2026-01-01T00:00:00.000Z", until: "2026-01-01T00:00:05.000Z", count: 1000 },
  }]);
  audit.endWindow();
  assert.equal(records.length, 3);
  audit.add(BAD);
  assert.equal(records.length, 4);
});

Deno.test("an attack from everywhere fills neither memory nor journal", () => {
  const records: JsonRecord[] = [];
  const { audit } = auditInto(records);
  const { kindsMax } = AUDIT_LIMITS;
  for (let i = 0; i < 50_000; i++) {
    audit.add({ ...BAD, address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` });
  }
  assert.equal(records.length, kindsMax + 1);
  assert.equal(records.at(-1)?.["address"], "many");
  audit.endWindow();
  assert.equal(records.at(-1)?.["count"], 50_000 - kindsMax - 1);
});

Deno.test("no record holds a secret, nor more of a request than it should", () => {
  const records: JsonRecord[] = [];
  const { audit } = auditInto(records);
  const key = newKey();
  audit.add({ ...BAD, what: `/v1/${key.text}/${"x".repeat(1000)}` });
  const [record] = records;
  assert.ok(!JSON.stringify(record).includes(key.secret));
  assert.equal(String(record?.["what"]).length, AUDIT_LIMITS.whatCharactersMax);
});

Deno.test("a journal that refuses is told in the log, once a window", async () => {
  const lines: string[] = [];
  const logger = createLogger({ format: "json", write: (line) => lines.push(line) });
  const audit = new AccessAudit(() => Promise.reject(new Error("full")), logger, () => 0);
  for (let i = 0; i < 5; i++) audit.add({ ...BAD, client: `c${i}` });
  await Promise.resolve();
  await Promise.resolve();
  audit.endWindow();
  assert.equal(lines.length, 2);
  assert.match(lines[1] ?? "", /"count":5/);
});
