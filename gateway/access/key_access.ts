import type { Access, ClientRole } from "./access.ts";
import type { ApiKey } from "./account.ts";
import type { KnownClient } from "./known_client.ts";
import type { Meter } from "./meter.ts";
import type { Refusal } from "./refusal.ts";

/** What an access is told by its gate. */
export interface KeyAccessOptions {
  now: () => number;
  spend: () => Refusal | undefined;
  denied: (what: string) => void;
}

/** The access of a key; what is changed in the store holds for it as soon as the gate knows. */
export class KeyAccess implements Access {
  readonly known: KnownClient;
  readonly key: ApiKey;
  #options: KeyAccessOptions;

  constructor(known: KnownClient, key: ApiKey, options: KeyAccessOptions) {
    this.known = known;
    this.key = key;
    this.#options = options;
  }

  get client(): string {
    return this.known.account.id;
  }

  get role(): ClientRole {
    return this.known.account.role;
  }

  get meter(): Meter {
    return this.known.meter;
  }

  types(feed: string, symbol: string): number {
    const { gone, entitled } = this.known;
    return gone ? 0 : entitled.types(feed, symbol, this.#options.now());
  }

  feed(feed: string): boolean {
    const { gone, entitled } = this.known;
    return !gone && entitled.feed(feed, this.#options.now());
  }

  spend(): Refusal | undefined {
    return this.#options.spend();
  }

  denied(what: string): void {
    this.#options.denied(what);
  }
}
