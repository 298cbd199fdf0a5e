import type { SymbolSpec } from "@ssmd/exchanges";
import { escapeToken, unescapeToken } from "@ssmd/market";
import { SHARD_OWNER_STORE } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import type { KeyValueStore, KeyValueWatch, Transport } from "@ssmd/transport";
import { z } from "zod";

const HANDOVER = z.object({
  fromUs: z.int(),
  planned: z.boolean().exactOptional(),
  carried: z.record(z.string(), z.record(z.string(), z.unknown())).exactOptional(),
});

/** Owner of a symbol, and the state of its handover to another shard. */
const OWNER = z.object({
  shard: z.string(),
  external: z.string(),
  /** Start of the ownership, µs. */
  sinceUs: z.int(),
  /** The owner is about to remove the symbol. */
  isLeaving: z.literal(true).exactOptional(),
  /** The owner no longer captures it; any shard may take it. */
  released: HANDOVER.exactOptional(),
  /** Released by a stopping connector, which resumes it when restarted on its spool. */
  isStopped: z.literal(true).exactOptional(),
  /** The owner is about to capture what another shard released. */
  taking: HANDOVER.exactOptional(),
  /** Handover that the owner took, kept for its standby connectors. */
  handed: HANDOVER.exactOptional(),
});

/** See {@linkcode OWNER}. */
export type Owner = z.output<typeof OWNER>;
/** State of an ownership; {} = capturing. */
type Standing = Partial<Omit<Owner, "shard" | "external" | "sinceUs">>;

const TEXT = new TextDecoder();
const UTF8 = new TextEncoder();

/**
 * Owners of a feed's symbols, kept on the bus. They are changed with compare-and-set, so that a
 * symbol has one owner at any time, whatever each process was started with.
 */
export class ShardOwners {
  readonly shard: string;
  #prefix: string;
  #store: KeyValueStore;
  #watch: KeyValueWatch | undefined;
  #entries = new Map<string, { owner: Owner; revision: number }>();
  /** Called when an owner changes. */
  onChange: () => void = () => {};

  private constructor(store: KeyValueStore, { feed, shard }: { feed: string; shard: string }) {
    this.#store = store;
    this.#prefix = `${keyToken(feed)}.`;
    this.shard = shard;
  }

  /** Reads all owners and watches for changes. Rejects as the transport does. */
  static async open(
    bus: Pick<Transport, "keyValue">,
    of: { feed: string; shard: string },
  ): Promise<ShardOwners> {
    const owners = new ShardOwners(await bus.keyValue(SHARD_OWNER_STORE), of);
    await owners.#follow();
    return owners;
  }

  async #follow(): Promise<void> {
    const current = Promise.withResolvers<void>();
    this.#watch = await this.#store.watch(({ key, value, revision }) => {
      if (!key.startsWith(this.#prefix)) return;
      this.#note(key, value === undefined ? undefined : ownerOf(value), revision);
      this.onChange();
    }, current.resolve);
    await current.promise;
  }

  /** Re-reads all owners, as the watch may lag. */
  async refresh(): Promise<void> {
    for (const { key, value, revision } of await this.#store.entries()) {
      if (key.startsWith(this.#prefix)) this.#note(key, ownerOf(value), revision);
    }
  }

  #note(key: string, owner: Owner | undefined, revision: number): void {
    if ((this.#entries.get(key)?.revision ?? 0) > revision) return;
    if (owner === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { owner, revision });
  }

  /** Returns the owner of a symbol; undefined = none. */
  of(symbol: string): Owner | undefined {
    return this.#entries.get(this.#keyOf(symbol))?.owner;
  }

  /** Returns whether this shard owns the symbol with no handover in progress. */
  captures(symbol: string): boolean {
    const owner = this.of(symbol);
    if (owner?.shard !== this.shard) return false;
    return !owner.isLeaving && !owner.released && !owner.taking;
  }

  /** Returns whether this shard gave the symbol away; one released by a stop is still its own. */
  isReleased(symbol: string): boolean {
    const owner = this.of(symbol);
    if (owner === undefined) return false;
    return owner.shard !== this.shard || (owner.released !== undefined && !owner.isStopped);
  }

  /** Returns the symbols of this shard, including those it has released. */
  own(): { symbol: string; owner: Owner }[] {
    return [...this.#entries].filter(([, { owner }]) => owner.shard === this.shard)
      .map(([key, { owner }]) => ({ symbol: symbolOf(key.slice(this.#prefix.length)), owner }));
  }

  /** Makes this shard a symbol's owner, in state `standing`; false = changed concurrently. */
  async set({ symbol, external }: SymbolSpec, standing: Standing = {}): Promise<boolean> {
    const key = this.#keyOf(symbol);
    const before = this.#entries.get(key);
    const sinceUs = before?.owner.shard === this.shard ? before.owner.sinceUs : nowUs();
    const owner: Owner = { shard: this.shard, external, sinceUs, ...standing };
    const value = UTF8.encode(JSON.stringify(owner));
    const revision = await this.#store.compareAndSet(key, value, before?.revision ?? 0);
    if (revision !== undefined) this.#note(key, owner, revision);
    return revision !== undefined;
  }

  /** Ends a release of this shard's symbol; returns false on a concurrent change. */
  async claim(spec: SymbolSpec): Promise<boolean> {
    const owner = this.of(spec.symbol);
    if (owner === undefined || owner.isLeaving || owner.taking) return true;
    return await this.set(spec, owner.handed && { handed: owner.handed });
  }

  /** Deletes the owner of a symbol that no shard wants any more. */
  async forget(symbol: string): Promise<void> {
    const key = this.#keyOf(symbol);
    await this.#store.delete(key);
    this.#entries.delete(key);
  }

  /** Stops watching. */
  close(): void {
    this.#watch?.unsubscribe();
  }

  #keyOf(symbol: string): string {
    return this.#prefix + keyToken(symbol);
  }
}

function ownerOf(value: Uint8Array): Owner | undefined {
  try {
    return OWNER.safeParse(JSON.parse(TEXT.decode(value))).data;
  } catch {
    return undefined;
  }
}

/** Escapes a text as a token of a key, which may not contain `%`. */
function keyToken(text: string): string {
  return escapeToken(text).replaceAll("%", "=");
}

function symbolOf(token: string): string {
  return unescapeToken(token.replaceAll("=", "%"));
}
