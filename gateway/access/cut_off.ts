import type { AccountChange, ClientStore } from "./client_store.ts";
import type { Accounts, GatewayRun } from "./account.ts";
import { clientIn, isLive } from "./client_admin.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** Parts of a client's access to remove. */
export interface Cut {
  /** Whether its keys are accepted from now on; absent = unchanged. */
  enabled?: boolean;
  /** Whether to end its streams. */
  streams?: boolean;
  /** Whether to revoke its keys. */
  keys?: boolean;
  /** Whether to remove its entitlements. */
  entitlements?: boolean;
}

/** Result of a cut. */
interface CutOff {
  /** Number of revoked keys and removed entitlements. */
  keys: number;
  entitlements: number;
  /** Whether the client is enabled now. */
  enabled: boolean;
}

/** Returns what a cut removes from a client, and the changes to apply. */
export function planCut(
  accounts: Accounts,
  id: string,
  cut: Cut,
): { taken: CutOff; changes: AccountChange[] } {
  const before = clientIn(accounts, id);
  const nowMs = Date.now();
  const client = {
    ...{ ...before, updatedAtMs: nowMs, enabled: cut.enabled ?? before.enabled },
    disconnectedAtMs: cut.streams ? nowMs : before.disconnectedAtMs,
  };
  const own = (each: { client: string }) => each.client === id;
  const keys = cut.keys ? accounts.keys.filter((key) => own(key) && isLive(key, nowMs)) : [];
  const removed = cut.entitlements ? accounts.entitlements.filter(own) : [];
  return {
    taken: { keys: keys.length, entitlements: removed.length, enabled: client.enabled },
    changes: [
      { put: "client", client },
      ...keys.map((key): AccountChange => ({ put: "key", key: { ...key, revokedAtMs: nowMs } })),
      ...removed.map((each): AccountChange => ({ delete: "entitlement", id: each.id })),
    ],
  };
}

/** A gateway, and whether it applies the store's current accounts. */
interface Confirmation {
  run: GatewayRun;
  confirmed: boolean;
}

/** Polling interval of the store, ms. */
const LOOK_MS = 20;

/** Default timeout of {@linkcode confirmations}, ms. */
const CONFIRMED_MS_MAX = 10_000;

/**
 * Waits until every recently seen gateway applies the store's current accounts: it has ended
 * revoked streams and sends nothing more on them. Resolves after `waitMs` at the latest.
 */
export async function confirmations(
  store: ClientStore,
  waitMs = CONFIRMED_MS_MAX,
): Promise<Confirmation[]> {
  const revision = await store.revision();
  const startedMs = Date.now();
  for (;;) {
    const runs = (await store.runs())
      .filter(({ seenAtMs }) => seenAtMs >= startedMs - ACCESS_LIMITS.runLostMs);
    const all = runs.map((run) => ({ run, confirmed: run.revision >= revision }));
    if (all.every(({ confirmed }) => confirmed) || Date.now() - startedMs >= waitMs) return all;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
