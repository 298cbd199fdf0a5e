/** The part of `@ssmd/signal` that signal files use; `signal check` compiles against it. @module */
export { type Edge, type Param, signal, type SignalSpec, withParams } from "../engine/signal.ts";
export type { SignalDefinition } from "../engine/signal.ts";
export { type Builder, type BuilderDefinition, type MarketRef } from "../builders/builder.ts";
export { builder, type OwnBuilderOptions } from "../builders/own_builder.ts";
export { orderbook, type OrderbookOptions, OrderbookView } from "../builders/orderbook.ts";
export {
  priceHistory,
  type PriceHistoryOptions,
  PriceHistoryView,
  type PriceSource,
} from "../builders/price_history.ts";
export {
  volumeProfile,
  type VolumeProfileOptions,
  VolumeProfileView,
} from "../builders/volume_profile.ts";
export { StateReader, StateWriter } from "../builders/state_bytes.ts";
export type { Gap, MarketEvent, OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";
