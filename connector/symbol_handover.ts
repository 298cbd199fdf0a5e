import type { Handover, SymbolSpec } from "@ssmd/exchanges";
import { escapeToken } from "@ssmd/market";
import type { ComponentHealth, Logger } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import type { Connector } from "./connector.ts";
import type { Owner, ShardOwners } from "./shard_owners.ts";

const LOOK_MS = 100;
/** Longest wait until clients have a symbol's last records of its former shard. */
const CLIENTS_MS_MAX = 30_000;

/** What symbols are handed over between. */
interface HandoverOptions {
  env: string;
  feed: string;
  owners: ShardOwners;
  connector: Pick<
    Connector,
    "changeSymbols" | "flush" | "handoverOf" | "isTelling" | "isBacked" | "beforeTurn"
  >;
  /** What the connector captures from its start on. */
  captured: readonly SymbolSpec[];
  /** Of the shard. */
  bus: Pick<Transport, "last">;
  /** Of clients. */
  clients: Pick<Transport, "last">;
  health: ComponentHealth;
  logger: Logger;
}

/**
 * The symbols that a shard captures from its start on: those that are its own, or nobody's. Those of
 * another shard, and those of which the handover was not ended, are taken by {@linkcode SymbolHandover}.
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
    // What its own last run left in the spool says more than what it released at its stop.
    const isOwn = owner.shard === owners.shard && owner.isStopped === true && knows(spec.external);
    return isOwn && await owners.set(spec);
  }));
  return specs.filter((_, i) => taken[i]);
}

/**
 * Moves symbols between running shards so that nothing is lost untold, or told by both. The shard that
 * has one takes it off, hands all records to the bus, waits until clients have them, and releases it
 * with what it knew. Only then the other one captures it: the time between is a gap.
 */
export class SymbolHandover {
  #options: HandoverOptions;
  #captured: Map<string, SymbolSpec>;
  /** All that was captured since the start. */
  #everCaptured: Set<string>;
  #wanted: ReadonlyMap<string, SymbolSpec> | undefined;
  #isKnown: (symbol: string) => boolean = () => true;
  #timer: ReturnType<typeof setInterval>;
  #running: Promise<void> | undefined;
  /** Something changed, or is to be tried again. */
  #isDue = false;
  #isClosed = false;
  #isLast = false;
  /** Another shard has them and did not release them. */
  #waiting = new Map<string, string>();

  /** Begins with the first `want`. */
  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#captured = new Map(options.captured.map((spec) => [spec.symbol, spec]));
    this.#everCaptured = new Set(this.#captured.keys());
    options.connector.beforeTurn(() => this.#leaveReleased());
    options.owners.onChange = () => this.#isDue = true;
    options.health.requireForReadiness("shard", () => this.problem);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** What is not captured as another shard has it; undefined = nothing. */
  get problem(): string | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const [symbol, shard] = first;
    const others = this.#waiting.size > 1 ? ` (and ${this.#waiting.size - 1} more)` : "";
    return `${symbol}${others} waits for the shard ${shard}, which has to be started, or given up: ssmd shard release`;
  }

  /** These are the shard's symbols from now on; `isKnown`: whether any shard has a symbol. */
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

  /** Takes off what is not wanted, and releases what is another shard's now. */
  async #letGo(wanted: ReadonlyMap<string, SymbolSpec>): Promise<void> {
    const { owners, connector } = this.#options;
    const gone = owners.own().filter(({ symbol, owner }) =>
      !wanted.has(symbol) && owner.released === undefined
    );
    if (connector.isTelling) {
      // What is taken off and not released yet is not captured again by a restart.
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
    // The one that tells the shard's records releases; this one may be that before it is done.
    if (!connector.isTelling) this.#isDue = true;
    if (!connector.isTelling || this.#isClosed) return;
    await connector.flush();
    for (const { symbol, owner } of gone) {
      if (!this.#isKnown(symbol)) await owners.forget(symbol);
      else await this.#release(symbol, owner);
    }
  }

  /**
   * Before this connector tells the shard's records: keeps what is the shard's, or was released as the
   * other one stopped, and takes off the rest; all symbols that it had and another shard has.
   */
  async #leaveReleased(): Promise<string[]> {
    const { owners } = this.#options;
    let isClaimed = false;
    while (!isClaimed) {
      await owners.refresh();
      const kept = [...this.#captured.values()].filter(({ symbol }) => !owners.isReleased(symbol));
      // From here on the one that stops cannot release them.
      isClaimed = (await Promise.all(kept.map((spec) => owners.claim(spec)))).every(Boolean);
    }
    const released = [...this.#everCaptured].filter((symbol) => owners.isReleased(symbol));
    if (released.filter((symbol) => this.#captured.delete(symbol)).length > 0) await this.#change();
    return released;
  }

  async #release(symbol: string, owner: Owner): Promise<void> {
    const { owners, logger } = this.#options;
    const { external, sinceUs } = owner;
    // Without the spool of its last run nothing is known but since when it had it.
    const released = this.#handoverOf({ ...owner, isLeaving: true }) ?? { fromUs: sinceUs };
    await this.#untilClientsHave(symbol);
    if (await owners.set({ symbol, external }, { released })) {
      logger.info("released a symbol to another shard", { symbol });
    }
  }

  /** Two streams are read in no order: the next shard's records are not to come before these. */
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

  /** Captures what is wanted, nobody's, this shard's or released. */
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
        // Trades that the other shard told are not told in a later turn.
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

  /** What was before of a symbol; undefined = it was captured here, or by nobody. */
  #handoverOf({ shard, external, released, taking, isLeaving }: Owner): Handover | undefined {
    const { owners, connector } = this.#options;
    if (released !== undefined || shard !== owners.shard) return released;
    const own = connector.handoverOf(external);
    // The line that took it is durable: its own run goes on.
    const isTaken = own?.carried?.[external]?.["taken"] === taking?.fromUs;
    return taking === undefined ? (isLeaving ? own : undefined) : (isTaken ? own : taking);
  }

  async #change(handovers?: ReadonlyMap<string, Handover>): Promise<void> {
    for (const symbol of this.#captured.keys()) this.#everCaptured.add(symbol);
    await this.#options.connector.changeSymbols([...this.#captured.values()], handovers);
  }

  /** No more is taken or released. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#running;
    const { connector, owners } = this.#options;
    this.#isLast = connector.isTelling && !connector.isBacked;
    owners.close();
  }

  /** The connector was closed, has told all, and may not come back: another shard may have its symbols. */
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
