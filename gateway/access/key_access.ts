import type { Access } from "./access.ts";
import type { Role } from "./role.ts";
import type { ApiKey } from "./account.ts";
import type { ClientState } from "./client_state.ts";
import type { Meter } from "./meter.ts";
import type { AccessDenied } from "./access_denied.ts";

/** Functions of the authenticator that a {@linkcode KeyAccess} uses. */
interface KeyAccessOptions {
  now: () => number;
  takeRequest: () => AccessDenied | undefined;
  auditHidden: (what: string) => void;
  roleOf: (state: ClientState) => Role;
}

/** Access of a key; follows changes of the client's state. */
export class KeyAccess implements Access {
  readonly state: ClientState;
  readonly key: ApiKey;
  #options: KeyAccessOptions;

  constructor(state: ClientState, key: ApiKey, options: KeyAccessOptions) {
    this.state = state;
    this.key = key;
    this.#options = options;
  }

  get client(): string {
    return this.state.account.id;
  }

  get role(): Role {
    return this.#options.roleOf(this.state);
  }

  get meter(): Meter {
    return this.state.meter;
  }

  typesOf(feed: string, symbol: string): number {
    const { isRemoved: gone, entitlements: entitled } = this.state;
    return gone ? 0 : entitled.typesOf(feed, symbol, this.#options.now());
  }

  seesFeed(feed: string): boolean {
    const { isRemoved: gone, entitlements: entitled } = this.state;
    return !gone && entitled.seesFeed(feed, this.#options.now());
  }

  takeRequest(): AccessDenied | undefined {
    return this.#options.takeRequest();
  }

  auditHidden(what: string): void {
    this.#options.auditHidden(what);
  }
}
