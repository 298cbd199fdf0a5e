import { AuditQueue } from "@ssmd/audit";
import { silentLogger } from "@ssmd/runtime";

/** Runs a test with its own audit log. */
export async function withAuditQueue(test: (queue: AuditQueue) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-audit-" });
  const location = { type: "sqlite", path: `${dir}/audit/test.sqlite` } as const;
  const queue = await AuditQueue.open(location, silentLogger);
  try {
    await test(queue);
  } finally {
    queue[Symbol.asyncDispose]();
    await Deno.remove(dir, { recursive: true });
  }
}
