import assert from "node:assert/strict";
import { openAuditLog } from "@ssmd/audit";
import { auditStorePath, type Environment } from "@ssmd/metadata";
import { nowUs, silentLogger } from "@ssmd/runtime";
import { AuditRoller } from "./audit_roller.ts";

const ENVIRONMENT = { name: "test", gateway: {} } as Environment;
const DAY_US = 86_400_000_000;

Deno.test("a day of the audit log is in storage on the day after, once", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const clock = { us: nowUs() };
    const roller = new AuditRoller({
      ...{ environment: ENVIRONMENT, dataDir, storage: { type: "local", path: dataDir } },
      ...{ nowUs: () => clock.us, notBeforeUs: 0, logger: silentLogger },
    });
    await roller.tick();
    const path = auditStorePath("test", dataDir);
    await using log = await openAuditLog({ type: "sqlite", path });
    await log.append([{
      ...{ category: "operations", actor: "a", action: "job retry", target: "1" },
      ...{ outcome: "done", reason: "", metadata: {} },
    }]);
    await roller.tick();
    assert.deepEqual(await log.rolledDays(), []);
    clock.us += DAY_US;
    await roller.tick();
    const [{ day = "", last } = {}] = await log.rolledDays();
    assert.equal(last, 1);
    const file = `${dataDir}/audit/test/${day.replaceAll("-", "/")}/events.jsonl.zst`;
    assert.ok((await Deno.stat(file)).size > 0);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
