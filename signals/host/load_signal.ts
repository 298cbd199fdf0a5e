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

/** A signal as it is sent to a host. */
export interface HostedSignal {
  /** The name of its file without `.ts`. */
  id: string;
  /** The body of a function of the SDK that returns what the file exports. */
  code: string;
  /** SHA-256 of its source text, hex. */
  sourceHash: string;
  /** Parameters of the environment. */
  params: Readonly<Record<string, Param>>;
}

/** What `@ssmd/signal` is in a host; tests are run elsewhere. */
const SDK = {
  ...{ builder, orderbook, priceHistory, signal, StateReader, StateWriter, volumeProfile },
};

/** What signals of one host can reach, and must not change for each other. */
export const SHARED: readonly object[] = [
  SDK,
  ...[OrderbookBuilder, PriceHistoryBuilder, VolumeProfileBuilder, OrderBook, BookSide],
  ...[OrderbookView, PriceHistoryView, VolumeProfileView],
  ...[ConfigError, CodecError, ValueError],
];

// The name is taken before the global objects are.
const MakeFunction = Function;

/** Runs a signal's code. Throws what it throws, and TypeError when it exports no signal. */
export function loadSignal({ id, code, sourceHash, params }: HostedSignal): LoadedSignal {
  const definition: unknown = new MakeFunction("sdk", code)(SDK);
  if (!isSignal(definition)) throw new TypeError("its default export is no signal");
  return loadedSignal({
    ...{ id, definition, sourceHash },
    params: overriddenParams(definition, params),
  });
}

/** What is known of a signal that runs. */
export interface SignalInfo {
  id: string;
  title: string;
  version: number;
  feeds: readonly string[];
  symbols: readonly string[];
  /** Parameters in force. */
  params: Readonly<Record<string, Param>>;
  paramsHash: string;
  sourceHash: string;
  edge: SignalDefinition["edge"];
  cooldownUs: number;
  everyUs: number;
  maxFiresPerHour: number;
  /** The longest of its builders', µs. */
  warmupUs: number;
  /** Feeds whose records it needs. */
  neededFeeds: readonly string[];
  /** Symbols that it follows besides those that it watches. */
  followedSymbols: readonly string[];
  /** Types of records that it needs, gaps among them. */
  types: readonly EventType[];
  /** Names in `state` and what they are. */
  builders: Readonly<Record<string, string>>;
}

/** What is known of a signal; plain data, and no more of it than an answer may hold. */
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
