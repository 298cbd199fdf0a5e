import { type InstrumentFile, type InstrumentVersion, usOfInstant } from "@ssmd/metadata";
import type { MarketState, Status } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import type { InstrumentSource } from "./instrument_source.ts";

/**
 * Applies statuses of the security master to markets, for changes that no record reports: a dispute
 * may be visible over REST only.
 */
export class MasterStatuses {
  #instruments: Pick<InstrumentSource, "ofBus">;
  #data: Pick<MarketData, "takeMasterStatus">;
  /** Markets by feed and the venue's name. */
  #markets = new Map<string, Map<string, Market>>();

  /** Applies statuses from `instruments` to `data`. */
  constructor(
    instruments: Pick<InstrumentSource, "ofBus">,
    data: Pick<MarketData, "takeMasterStatus">,
  ) {
    this.#instruments = instruments;
    this.#data = data;
  }

  /** Applies a new or changed instrument. */
  takeInstrument(instrument: InstrumentFile): void {
    for (const { feed, external } of instrument.mappings) {
      const market = this.#markets.get(feed)?.get(external);
      // It may have been mapped to another of the venue's markets since.
      if (market !== undefined && nameAt(market) === external) this.#tell(market, external);
    }
  }

  /** Adds a new market, or one with a new name at the venue. */
  takeMarket(market: Market): void {
    const { id } = market.feed;
    const name = nameAt(market);
    const markets = this.#markets.get(id) ?? new Map<string, Market>();
    this.#markets.set(id, markets.set(name, market));
    this.#tell(market, name);
  }

  #tell(market: Market, external: string): void {
    const instrument = this.#instruments.ofBus(market.feed.id, external);
    const status = instrument && masterStatus(instrument, market);
    if (status !== undefined) this.#data.takeMasterStatus(status, market);
  }
}

/** The venue's name of a market; markets selected by rules are named by the venue. */
function nameAt({ symbol, external }: Market): string {
  return external || symbol;
}

/**
 * Returns the security master's status of a market; undefined without a version. `receivedAtUs` is
 * when it became known, `sequence` that of the feed's last record, as it has no record of its own.
 */
function masterStatus({ versions }: InstrumentFile, market: Market): Status | undefined {
  const version = versions.at(-1);
  if (version === undefined) return undefined;
  return {
    type: "status",
    timestampUs: usOfInstant(version.effective) ?? 0,
    receivedAtUs: usOfInstant(version.known) ?? 0,
    symbol: market.symbol,
    feed: market.feed.id,
    sequence: market.feed.sequence,
    state: recordState(version.state),
    result: version.result ?? "",
    detail: version.state,
  };
}

/** Records report a determined market, which may still be disputed, as closed. */
function recordState(state: InstrumentVersion["state"]): MarketState {
  return state === "determined" ? "closed" : state;
}
