import type { AccountChange, ClientStore } from "./client_store.ts";
import type { Accounts, GatewayRun } from "./account.ts";
import { clientIn, isLive } from "./client_admin.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** What is taken from a client. */
export interface Cut {
  /** Whether its keys are accepted from now on; absent = as before. */
  enabled?: boolean;
  /** Its streams are ended. */
  streams?: boolean;
  /** Its keys are revoked. */
  keys?: boolean;
  /** Its entitlements are removed. */
  entitlements?: boolean;
}

/** What was taken. */
interface CutOff {
  /** Numbers of keys and entitlements. */
  keys: number;
  entitlements: number;
  /** Whether the client is enabled now. */
  enabled: boolean;
}

/** What a cut takes from a client, and the changes that do so. */
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

/** A gateway, and whether what the store holds is in force there. */
interface Confirmation {
  run: GatewayRun;
  confirmed: boolean;
}

/** Interval of looks at the store. */
const LOOK_MS = 20;

/**
 * Waits until what the store holds now is in force on every gateway that was seen lately: it has
 * ended what it had to end, and sends nothing more of it. Resolves after `waitMs` at the latest.
 */
export async function confirmations(store: ClientStore, waitMs: number): Promise<Confirmation[]> {
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
