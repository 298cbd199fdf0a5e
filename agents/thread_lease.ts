import { SsmdError } from "@ssmd/runtime";
import type { AgentStore } from "./agent_store.ts";
import { AGENT_LIMITS } from "./limits.ts";

/**
 * Runs one thread at a time over all processes: the graph's library does not, and would do twice what two
 * of them resume. A process that ends leaves its lease to run out.
 */
export async function withLease<T>(
  store: AgentStore,
  thread: string,
  body: () => Promise<T>,
): Promise<T> {
  const owner = crypto.randomUUID();
  if (!take(store, thread, owner)) {
    throw new SsmdError("THREAD_BUSY", `Thread ${thread} is being worked on`, {
      ...{ hint: "Try again in a moment", retryable: true },
    });
  }
  const renew = setInterval(() => renewLease(store, thread, owner), AGENT_LIMITS.leaseMs / 3);
  try {
    return await body();
  } finally {
    clearInterval(renew);
    store.db.prepare("DELETE FROM leases WHERE thread = ? AND owner = ?").run(thread, owner);
  }
}

/** An error of a timer would end the process: one that is busy for long is asked again before the end. */
function renewLease(store: AgentStore, thread: string, owner: string): void {
  try {
    take(store, thread, owner);
  } catch {
    // What works on the thread meets the same error, and tells it.
  }
}

/** Takes or renews a lease; whether it is held now. */
function take(store: AgentStore, thread: string, owner: string): boolean {
  const now = Date.now();
  const { changes } = store.db.prepare(
    `INSERT INTO leases VALUES (?1, ?2, ?3) ON CONFLICT (thread) DO UPDATE
     SET owner = ?2, until_ms = ?3 WHERE owner = ?2 OR until_ms < ?4`,
  ).run(thread, owner, now + AGENT_LIMITS.leaseMs, now);
  return changes > 0;
}

/** Whether a process works on a thread, or ended lately while it did. */
export function isLeased(store: AgentStore, thread: string): boolean {
  const row = store.db.prepare("SELECT 1 FROM leases WHERE thread = ? AND until_ms >= ?")
    .get(thread, Date.now());
  return row !== undefined;
}
