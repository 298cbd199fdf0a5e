import assert from "node:assert/strict";
import { AuditLog } from "@ssmd/audit";
import { auditStorePath } from "@ssmd/metadata";
import { nowUs, silentLogger } from "@ssmd/runtime";
import { AuditRoller } from "./audit_roller.ts";

const DAY_US = 86_400_000_000;

Deno.test("a day of the audit log is in storage on the day after, once", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const clock = { us: nowUs() };
    const roller = new AuditRoller({
      ...{ environment: { name: "test" }, dataDir, storage: { type: "local", path: dataDir } },
      ...{ nowUs: () => clock.us, notBeforeUs: 0, logger: silentLogger },
    });
    await roller.tick();
    using log = new AuditLog(auditStorePath("test", dataDir));
    log.append([{
      ...{ category: "operations", actor: "a", action: "job retry", target: "1" },
      ...{ outcome: "done", reason: "", metadata: {} },
    }]);
    await roller.tick();
    assert.deepEqual(log.rolledDays(), []);
    clock.us += DAY_US;
    await roller.tick();
    const [{ day = "", last } = {}] = log.rolledDays();
    assert.equal(last, 1);
    const path = `${dataDir}/audit/test/${day.replaceAll("-", "/")}/events.jsonl.zst`;
    assert.ok((await Deno.stat(path)).size > 0);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
