import { type InstrumentFile, type InstrumentVersion, usOfInstant } from "@ssmd/metadata";
import type { MarketState, Status } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import type { InstrumentSource } from "./instrument_source.ts";

/**
 * Tells markets what the security master says of their lives, for steps that no record tells: a
 * dispute may come by REST alone.
 */
export class MasterStatuses {
  #instruments: Pick<InstrumentSource, "ofBus">;
  #data: Pick<MarketData, "takeMasterStatus">;
  /** By feed and the venue's name. */
  #markets = new Map<string, Map<string, Market>>();

  /** Tells `data` what `instruments` of the bus say. */
  constructor(
    instruments: Pick<InstrumentSource, "ofBus">,
    data: Pick<MarketData, "takeMasterStatus">,
  ) {
    this.#instruments = instruments;
    this.#data = data;
  }

  /** What is known of an instrument is new. */
  takeInstrument(instrument: InstrumentFile): void {
    for (const { feed, external } of instrument.mappings) {
      const market = this.#markets.get(feed)?.get(external);
      if (market !== undefined) this.#tell(market, external);
    }
  }

  /** A market is new. */
  takeMarket(market: Market): void {
    const { symbol, external, feed: { id } } = market;
    // Markets of rules have the venue's names.
    const name = external || symbol;
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

/**
 * What the security master knows of a market's life, as a status of it: `receivedAtUs` is when it was
 * known, `sequence` that of the feed's last record, as it is none of them. Undefined when it has no
 * version.
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

/** Records call a market that is determined, and may be disputed yet, closed. */
function recordState(state: InstrumentVersion["state"]): MarketState {
  return state === "determined" ? "closed" : state;
}
