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

/** Which shard captures a symbol, and where it stands in giving it to another one. */
const OWNER = z.object({
  shard: z.string(),
  external: z.string(),
  /** Since when, µs. */
  sinceUs: z.int(),
  /** It is about to take it off. */
  isLeaving: z.literal(true).exactOptional(),
  /** It captures it no more: whoever wants it may. */
  released: HANDOVER.exactOptional(),
  /** Released as its connector stopped, which goes on where its spool is. */
  isStopped: z.literal(true).exactOptional(),
  /** It is about to capture what another one released. */
  taking: HANDOVER.exactOptional(),
  /** With this it took it: for the shard's connectors that stand by. */
  handed: HANDOVER.exactOptional(),
});

/** See {@linkcode OWNER}. */
export type Owner = z.output<typeof OWNER>;
/** Where an owner stands; {} = it captures. */
type Standing = Partial<Omit<Owner, "shard" | "external" | "sinceUs">>;

const TEXT = new TextDecoder();
const UTF8 = new TextEncoder();

/**
 * The bus's word on which shard captures each symbol of a feed. It is read and changed with
 * compare-and-swap, so that a symbol has one owner at any time, whatever each process was started with.
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

  /** Reads who captures what, and follows it. Rejects as the transport does. */
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

  /** Reads who captures what now: what was told of changes may come late. */
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

  /** Who captures a symbol; undefined = nobody did. */
  of(symbol: string): Owner | undefined {
    return this.#entries.get(this.#keyOf(symbol))?.owner;
  }

  /** Whether this shard has it, with no handover that is not ended. */
  captures(symbol: string): boolean {
    const owner = this.of(symbol);
    if (owner?.shard !== this.shard) return false;
    return !owner.isLeaving && !owner.released && !owner.taking;
  }

  /** Whether this shard gave it away; what it released as its connector stopped is still its own. */
  isReleased(symbol: string): boolean {
    const owner = this.of(symbol);
    if (owner === undefined) return false;
    return owner.shard !== this.shard || (owner.released !== undefined && !owner.isStopped);
  }

  /** The symbols of this shard, those among them that it has released. */
  own(): { symbol: string; owner: Owner }[] {
    return [...this.#entries].filter(([, { owner }]) => owner.shard === this.shard)
      .map(([key, { owner }]) => ({ symbol: symbolOf(key.slice(this.#prefix.length)), owner }));
  }

  /** Makes this shard a symbol's owner, who stands there; whether nobody else changed it meanwhile. */
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

  /** This shard goes on with a symbol of its own; whether nobody else changed it meanwhile. */
  async claim(spec: SymbolSpec): Promise<boolean> {
    const owner = this.of(spec.symbol);
    if (owner === undefined || owner.isLeaving || owner.taking) return true;
    return await this.set(spec, owner.handed && { handed: owner.handed });
  }

  /** The symbol is wanted by no shard any more. */
  async forget(symbol: string): Promise<void> {
    const key = this.#keyOf(symbol);
    await this.#store.delete(key);
    this.#entries.delete(key);
  }

  /** Follows no longer. */
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

/** A text as a token of a key, which has no `%`. */
function keyToken(text: string): string {
  return escapeToken(text).replaceAll("%", "=");
}

function symbolOf(token: string): string {
  return unescapeToken(token.replaceAll("=", "%"));
}
