import assert from "node:assert/strict";
import { type AuditDraft, openAuditLog } from "@ssmd/audit";
import type { SsmdContext } from "../context.ts";
import command from "../commands/report_changes.ts";

const CONTEXT = {
  globals: { quiet: true, yes: false, dir: new URL("../../exchanges", import.meta.url).pathname },
} as unknown as SsmdContext;

function event(more: Partial<AuditDraft>): AuditDraft {
  return {
    ...{ category: "client-actions", actor: "ann", action: "client create", target: "desk" },
    ...{ outcome: "done", reason: "", metadata: {}, ...more },
  };
}

Deno.test("the changes of a month include blocks and revocations, and no refused callers", async () => {
  const data = await Deno.makeTempDir();
  try {
    {
      await using log = await openAuditLog({ type: "sqlite", path: `${data}/audit/demo.sqlite` });
      await log.append([
        ...[event({}), event({}), event({ category: "data-access", action: "data export" })],
        event({ category: "security-events", action: "client emergency-revoke" }),
        event({ category: "security-events", action: "caller refused", outcome: "refused" }),
      ]);
    }
    const month = { month: new Date().toISOString().slice(0, 7) };
    const flags = { env: "demo", data, month };
    const rows = await command.run({ flags, args: [], context: CONTEXT } as never);
    assert.deepEqual(
      (rows as { action: string; events: number }[]).map(({ action, events }) => [action, events]),
      [["client create", 2], ["client emergency-revoke", 1]],
    );
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
