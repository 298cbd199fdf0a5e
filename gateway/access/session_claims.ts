import type { AccessDenied } from "./access_denied.ts";
import type { SessionRecord } from "./account.ts";
import { type ClientState, sessionLimit } from "./client_state.ts";
import type { ClientStore } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import type { StoreWatch } from "./store_watch.ts";
import type { UsageLog } from "./usage_log.ts";

/** Dependencies of {@linkcode SessionClaims}. */
interface SessionClaimsOptions {
  store: ClientStore;
  usage: UsageLog;
  watch: StoreWatch;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Asks the store for streams of clients that may have so many at once, over all gateways. */
export class SessionClaims {
  #options: SessionClaimsOptions;

  constructor(options: SessionClaimsOptions) {
    this.#options = options;
  }

  /** Claims a stream; the error where the client has as many, undefined = it may have it. */
  async claim({ account }: ClientState, session: SessionRecord): Promise<AccessDenied | undefined> {
    const openMax = account.limits.sessionsMax;
    if (openMax === null) return undefined;
    const { store, usage, watch, now } = this.#options;
    try {
      // Sessions that ended here must not count there.
      await usage.flush(true);
      const seenSinceMs = now() - ACCESS_LIMITS.runLostMs;
      const isFree = await store.claimSession({ session, openMax, seenSinceMs });
      return isFree ? undefined : sessionLimit(openMax);
    } catch (error) {
      // Meanwhile each gateway counts its own.
      watch.noteFailure(error);
      return undefined;
    }
  }
}
