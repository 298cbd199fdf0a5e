import type { AccessDenied } from "./access_denied.ts";
import type { SessionRecord } from "./account.ts";
import type { ClientState } from "./client_state.ts";
import type { ClientStore } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { sessionLimitError } from "./session_limit.ts";
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

/** Claims streams in the store for clients with stream limits, which apply over all gateways. */
export class SessionClaims {
  #options: SessionClaimsOptions;

  constructor(options: SessionClaimsOptions) {
    this.#options = options;
  }

  /** Claims a stream; resolves with the error of a reached limit, undefined = granted. */
  async claim({ account }: ClientState, session: SessionRecord): Promise<AccessDenied | undefined> {
    const { limits } = account;
    if (limits.sessionsMax === null && limits.devicesMax === null) return undefined;
    const { store, usage, watch, now } = this.#options;
    try {
      // Sessions that ended here must not count in the store.
      await usage.flush(true);
      const seenSinceMs = now() - ACCESS_LIMITS.runLostMs;
      const reached = await store.claimSession({ session, limits, seenSinceMs });
      return reached === undefined ? undefined : sessionLimitError(reached, limits);
    } catch (error) {
      // While the store is away each gateway counts its own sessions.
      watch.noteFailure(error);
      return undefined;
    }
  }
}
