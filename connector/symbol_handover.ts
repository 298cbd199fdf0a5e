import type { Handover, SymbolSpec } from "@ssmd/exchanges";
import { escapeToken } from "@ssmd/market";
import type { ComponentHealth, Logger } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import type { Connector } from "./connector.ts";
import type { Owner, ShardOwners } from "./shard_owners.ts";

const LOOK_MS = 100;
/** Longest wait until the client bus has a symbol's last records. */
const CLIENTS_MS_MAX = 30_000;

/** Options of {@linkcode SymbolHandover}. */
interface HandoverOptions {
  env: string;
  feed: string;
  owners: ShardOwners;
  connector: Pick<
    Connector,
    "changeSymbols" | "flush" | "handoverOf" | "isTelling" | "isBacked" | "beforeTurn"
  >;
  /** Symbols captured from the start. */
  captured: readonly SymbolSpec[];
  /** The shard's bus. */
  bus: Pick<Transport, "last">;
  /** The client bus. */
  clients: Pick<Transport, "last">;
  health: ComponentHealth;
  logger: Logger;
}

/**
 * Returns the symbols that a shard captures from its start: its own and those without an owner.
 * Those of another shard, or in handover, are taken by {@linkcode SymbolHandover}.
 */
export async function symbolsAtStart(
  owners: ShardOwners,
  specs: readonly SymbolSpec[],
  knows: (external: string) => boolean,
): Promise<SymbolSpec[]> {
  const taken = await Promise.all(specs.map(async (spec) => {
    const owner = owners.of(spec.symbol);
    if (owner === undefined) return await owners.set(spec);
    if (owners.captures(spec.symbol)) return true;
    // Its last run's spool is more complete than what it released when it stopped.
    const isOwn = owner.shard === owners.shard && owner.isStopped === true && knows(spec.external);
    return isOwn && await owners.set(spec);
  }));
  return specs.filter((_, i) => taken[i]);
}

/**
 * Moves symbols between running shards without unreported loss or double publishing. The owner
 * removes the symbol, publishes all its records, waits until the client bus has them, and releases
 * it with its state. Only then the other shard captures it; the time between is a gap.
 */
export class SymbolHandover {
  #options: HandoverOptions;
  #captured: Map<string, SymbolSpec>;
  /** All symbols captured since the start. */
  #everCaptured: Set<string>;
  #wanted: ReadonlyMap<string, SymbolSpec> | undefined;
  #isKnown: (symbol: string) => boolean = () => true;
  #timer: ReturnType<typeof setInterval>;
  #running: Promise<void> | undefined;
  /** Set when something changed, or a step must be retried. */
  #isDue = false;
  #isClosed = false;
  #isLast = false;
  /** Symbols not captured because another shard has not released them, with that shard. */
  #waiting = new Map<string, string>();

  /** Idle until the first `want`. */
  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#captured = new Map(options.captured.map((spec) => [spec.symbol, spec]));
    this.#everCaptured = new Set(this.#captured.keys());
    options.connector.beforeTurn(() => this.#leaveReleased());
    options.owners.onChange = () => this.#isDue = true;
    options.health.requireForReadiness("shard", () => this.problem);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Symbols that wait for another shard, as a message; undefined = none. */
  get problem(): string | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const [symbol, shard] = first;
    const others = this.#waiting.size > 1 ? ` (and ${this.#waiting.size - 1} more)` : "";
    return `${symbol}${others} waits for the shard ${shard}, which has to be started, or given up: ssmd shard release`;
  }

  /** Sets the shard's symbols; `isKnown`: whether any shard has a symbol. */
  want(symbols: readonly SymbolSpec[], isKnown: (symbol: string) => boolean): void {
    this.#wanted = new Map(symbols.map((spec) => [spec.symbol, spec]));
    this.#isKnown = isKnown;
    this.#isDue = true;
  }

  #look(): void {
    if (!this.#isDue || this.#running !== undefined || this.#wanted === undefined) return;
    this.#isDue = false;
    this.#running = this.#step(this.#wanted).catch((error) => {
      this.#isDue = true;
      this.#options.logger.warn("symbols cannot be handed over yet", { error });
    }).finally(() => this.#running = undefined);
  }

  async #step(wanted: ReadonlyMap<string, SymbolSpec>): Promise<void> {
    await this.#letGo(wanted);
    if (!this.#isClosed) await this.#takeOver(wanted);
  }

  /** Removes symbols that are not wanted and releases those of another shard. */
  async #letGo(wanted: ReadonlyMap<string, SymbolSpec>): Promise<void> {
    const { owners, connector } = this.#options;
    const gone = owners.own().filter(({ symbol, owner }) =>
      !wanted.has(symbol) && owner.released === undefined
    );
    if (connector.isTelling) {
      // Marked first, so that a restart does not capture them again.
      for (const { symbol, owner } of gone) {
        if (owner.isLeaving || owner.taking) continue;
        await owners.set({ symbol, external: owner.external }, { isLeaving: true });
      }
    }
    const left = [...this.#captured.keys()].filter((symbol) => !wanted.has(symbol));
    if (left.length > 0) {
      for (const symbol of left) this.#captured.delete(symbol);
      await this.#change();
    }
    if (gone.length === 0) return;
    // Only the publishing connector releases; this one may take over before that is done.
    if (!connector.isTelling) this.#isDue = true;
    if (!connector.isTelling || this.#isClosed) return;
    await connector.flush();
    for (const { symbol, owner } of gone) {
      if (!this.#isKnown(symbol)) await owners.forget(symbol);
      else await this.#release(symbol, owner);
    }
  }

  /**
   * Before this connector takes over the shard: keeps the shard's symbols, also those released by a
   * stopping connector, and removes the rest. Returns all symbols it had that another shard owns.
   */
  async #leaveReleased(): Promise<string[]> {
    const { owners } = this.#options;
    let isClaimed = false;
    while (!isClaimed) {
      await owners.refresh();
      const kept = [...this.#captured.values()].filter(({ symbol }) => !owners.isReleased(symbol));
      // After the claim the stopping connector cannot release them.
      isClaimed = (await Promise.all(kept.map((spec) => owners.claim(spec)))).every(Boolean);
    }
    const released = [...this.#everCaptured].filter((symbol) => owners.isReleased(symbol));
    if (released.filter((symbol) => this.#captured.delete(symbol)).length > 0) await this.#change();
    return released;
  }

  async #release(symbol: string, owner: Owner): Promise<void> {
    const { owners, logger } = this.#options;
    const { external, sinceUs } = owner;
    // Without the last run's spool only the start of the ownership is known.
    const released = this.#handoverOf({ ...owner, isLeaving: true }) ?? { fromUs: sinceUs };
    await this.#untilClientsHave(symbol);
    if (await owners.set({ symbol, external }, { released })) {
      logger.info("released a symbol to another shard", { symbol });
    }
  }

  /** Streams have no common order: the next shard's records must not overtake these. */
  async #untilClientsHave(symbol: string): Promise<void> {
    const { env, feed, bus, clients, logger } = this.#options;
    const filter = `${escapeToken(env)}.${escapeToken(feed)}.*.${escapeToken(symbol)}`;
    const last = await bus.last(filter);
    const untilMs = performance.now() + CLIENTS_MS_MAX;
    while (last !== undefined && (await clients.last(filter))?.id !== last.id) {
      if (performance.now() > untilMs) {
        return logger.warn("clients do not have the last records of a symbol yet", { symbol });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Captures wanted symbols that are free, this shard's or released. */
  async #takeOver(wanted: ReadonlyMap<string, SymbolSpec>): Promise<void> {
    const { owners, connector, logger } = this.#options;
    const handovers = new Map<string, Handover>();
    const standby = new Map<string, Handover>();
    const captured = new Map(this.#captured);
    const waiting = new Map<string, string>();
    for (const [symbol, spec] of wanted) {
      const owner = owners.of(symbol);
      if (!captured.has(symbol) && !owners.captures(symbol)) {
        if (owner !== undefined && owner.shard !== owners.shard && owner.released === undefined) {
          waiting.set(symbol, owner.shard);
          continue;
        }
        if (!connector.isTelling) {
          this.#isDue = true;
          continue;
        }
        const handover = owner && this.#handoverOf(owner);
        if (!await owners.set(spec, handover && { taking: handover })) {
          this.#isDue = true;
          continue;
        }
        if (handover !== undefined) handovers.set(symbol, handover);
      } else if (!captured.has(symbol) && !connector.isTelling && owner?.handed) {
        // A later turn must not publish trades of the other shard again.
        standby.set(symbol, owner.handed);
      }
      captured.set(symbol, spec);
    }
    this.#waiting = waiting;
    const isSame = captured.size === this.#captured.size &&
      captured.values().every((spec) => this.#captured.get(spec.symbol) === spec);
    if (isSame) return;
    this.#captured = captured;
    await this.#change(new Map([...handovers, ...standby]));
    if (handovers.size === 0) return;
    await connector.flush();
    for (const [symbol, handed] of handovers) {
      await owners.set(wanted.get(symbol) as SymbolSpec, { handed });
      logger.info("took a symbol over from another shard", { symbol });
    }
  }

  /** Returns the previous state of a symbol; undefined = captured here, or by no shard. */
  #handoverOf({ shard, external, released, taking, isLeaving }: Owner): Handover | undefined {
    const { owners, connector } = this.#options;
    if (released !== undefined || shard !== owners.shard) return released;
    const own = connector.handoverOf(external);
    // The line that took it is durable, so this run's own state applies.
    const isTaken = own?.carried?.[external]?.["taken"] === taking?.fromUs;
    return taking === undefined ? (isLeaving ? own : undefined) : (isTaken ? own : taking);
  }

  async #change(handovers?: ReadonlyMap<string, Handover>): Promise<void> {
    for (const symbol of this.#captured.keys()) this.#everCaptured.add(symbol);
    await this.#options.connector.changeSymbols([...this.#captured.values()], handovers);
  }

  /** Stops taking and releasing symbols. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#running;
    const { connector, owners } = this.#options;
    this.#isLast = connector.isTelling && !connector.isBacked;
    owners.close();
  }

  /** Releases all symbols of a closed connector whose records are published; it may not return. */
  async releaseAll(): Promise<void> {
    const { owners, connector } = this.#options;
    if (!this.#isLast) return;
    await Promise.all(
      owners.own().map(async ({ symbol, owner }) => {
        const { external, released, taking } = owner;
        const handover = connector.handoverOf(external);
        if (handover === undefined || released !== undefined || taking !== undefined) return;
        await owners.set({ symbol, external }, { released: handover, isStopped: true });
      }),
    );
  }
}
