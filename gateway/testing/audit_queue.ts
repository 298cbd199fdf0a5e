import { AuditQueue } from "@ssmd/audit";
import { silentLogger } from "@ssmd/runtime";

/** Runs a test with an audit log of its own. */
export async function withAuditQueue(test: (queue: AuditQueue) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-audit-" });
  const queue = new AuditQueue(`${dir}/audit/test.sqlite`, silentLogger);
  try {
    await test(queue);
  } finally {
    queue.close();
    await Deno.remove(dir, { recursive: true });
  }
}
