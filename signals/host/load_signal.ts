import { BookSide, type EventType, OrderBook } from "@ssmd/market";
import { CodecError, ConfigError } from "@ssmd/runtime/errors";
import { builder } from "../builders/own_builder.ts";
import { orderbook, OrderbookBuilder, OrderbookView } from "../builders/orderbook.ts";
import { priceHistory, PriceHistoryBuilder, PriceHistoryView } from "../builders/price_history.ts";
import { StateReader, StateWriter } from "../builders/state_bytes.ts";
import {
  volumeProfile,
  VolumeProfileBuilder,
  VolumeProfileView,
} from "../builders/volume_profile.ts";
import {
  isSignal,
  overriddenParams,
  type Param,
  signal,
  type SignalDefinition,
} from "../engine/signal.ts";
import { ValueError } from "../engine/canonical_json.ts";
import { type LoadedSignal, loadedSignal } from "../engine/loaded_signal.ts";

/** A signal in the form sent to a host. */
export interface HostedSignal {
  /** File name without `.ts`. */
  id: string;
  /** Function body that takes the SDK and returns the file's default export. */
  code: string;
  /** SHA-256 of its source text, hex. */
  sourceHash: string;
  /** The environment's parameters. */
  params: Readonly<Record<string, Param>>;
}

/** `@ssmd/signal` inside a host; without test helpers, as tests run elsewhere. */
const SDK = {
  ...{ builder, orderbook, priceHistory, signal, StateReader, StateWriter, volumeProfile },
};

/** Objects that a host's signals share; frozen against changes by any of them. */
export const SHARED: readonly object[] = [
  SDK,
  ...[OrderbookBuilder, PriceHistoryBuilder, VolumeProfileBuilder, OrderBook, BookSide],
  ...[OrderbookView, PriceHistoryView, VolumeProfileView],
  ...[ConfigError, CodecError, ValueError],
];

// Keep the constructor before the globals are removed.
const MakeFunction = Function;

/** Evaluates a signal's code. Throws its errors, and TypeError when it exports no signal. */
export function loadSignal({ id, code, sourceHash, params }: HostedSignal): LoadedSignal {
  const definition: unknown = new MakeFunction("sdk", code)(SDK);
  if (!isSignal(definition)) throw new TypeError("its default export is no signal");
  return loadedSignal({
    ...{ id, definition, sourceHash },
    params: overriddenParams(definition, params),
  });
}

/** Metadata of a loaded signal. */
export interface SignalInfo {
  id: string;
  title: string;
  version: number;
  feeds: readonly string[];
  symbols: readonly string[];
  /** Effective parameters. */
  params: Readonly<Record<string, Param>>;
  paramsHash: string;
  sourceHash: string;
  edge: SignalDefinition["edge"];
  cooldownUs: number;
  everyUs: number;
  maxFiresPerHour: number;
  /** Longest warm-up of its builders, µs. */
  warmupUs: number;
  /** Feeds it reads. */
  neededFeeds: readonly string[];
  /** Symbols it follows through `of`, besides those it watches. */
  followedSymbols: readonly string[];
  /** Record types it reads, including gaps. */
  types: readonly EventType[];
  /** Builder kinds by their name in `state`. */
  builders: Readonly<Record<string, string>>;
}

/** Returns a signal's metadata as plain data of bounded size. */
export function infoOf(
  { id, definition, params, paramsHash, sourceHash }: LoadedSignal,
): SignalInfo {
  const builders = Object.entries(definition.state);
  const { title, version, feeds, symbols, edge, cooldownUs, everyUs } = definition;
  const others = builders.flatMap(([, { of }]) => of?.feed === undefined ? [] : [of.feed]);
  return {
    ...{ id, title: title.slice(0, 200), version, feeds, symbols, params, paramsHash, sourceHash },
    ...{ edge, cooldownUs, everyUs, maxFiresPerHour: definition.maxFiresPerHour },
    warmupUs: Math.max(...builders.map(([, { warmupUs }]) => warmupUs)),
    neededFeeds: [...new Set([...feeds, ...others])].sort(),
    followedSymbols: [
      ...new Set(builders.flatMap(([, { of }]) => of?.symbol === undefined ? [] : [of.symbol])),
    ],
    types: [...new Set([...builders.flatMap(([, { types }]) => types), "gap" as const])],
    builders: Object.fromEntries(builders.map(([name, { kind }]) => [name, kind])),
  };
}
