import { SsmdError } from "@ssmd/runtime";
import type { AgentStore } from "./agent_store.ts";
import { AGENT_LIMITS } from "./limits.ts";

/**
 * Runs a thread in one process at a time; the graph library would run it twice if two resume it. A
 * dead process's lease expires.
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

/** Renews a lease; ignores errors, which would end the process: the next renewal comes in time. */
function renewLease(store: AgentStore, thread: string, owner: string): void {
  try {
    take(store, thread, owner);
  } catch {
    // The thread's own work meets the same error and reports it.
  }
}

/** Takes or renews a lease; returns whether it is held. */
function take(store: AgentStore, thread: string, owner: string): boolean {
  const now = Date.now();
  const { changes } = store.db.prepare(
    `INSERT INTO leases VALUES (?1, ?2, ?3) ON CONFLICT (thread) DO UPDATE
     SET owner = ?2, until_ms = ?3 WHERE owner = ?2 OR until_ms < ?4`,
  ).run(thread, owner, now + AGENT_LIMITS.leaseMs, now);
  return changes > 0;
}

/** Returns whether a thread's lease is unexpired. */
export function isLeased(store: AgentStore, thread: string): boolean {
  const row = store.db.prepare("SELECT 1 FROM leases WHERE thread = ? AND until_ms >= ?")
    .get(thread, Date.now());
  return row !== undefined;
}
