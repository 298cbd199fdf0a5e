import { type CaptureClock, type CaptureInfo, concat, dayOfUs } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import {
  type CarriedState,
  type Handover,
  type Normalizer,
  normalizerFor,
  normalizerOn,
  type NormalizerVersion,
  originOf,
  type SymbolSpec,
  Translator,
  type Venue,
} from "@ssmd/exchanges";
import { runOfName, type RunTurn } from "@ssmd/market";
import type { CaptureLocation } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import type { ConnectionContinuity } from "./continuity.ts";
import { countedTurn } from "./counted_turns.ts";
import type { ConnectionCheckpoint } from "./segment.ts";

/** One venue connection of a connector, with its normalizer and translator. */
export interface Connection {
  /** Number in the run, from 1. */
  connectionIndex: number;
  /** Symbols as of the last translated line. */
  symbols: readonly SymbolSpec[];
  /** Symbols wanted now; a line that removes markets may still be in flight. */
  wanted: readonly SymbolSpec[];
  /** Closed for good because none of its markets is wanted any more. */
  isRetired: boolean;
  normalizerId: string;
  normalizer: Normalizer;
  translator: Translator;
  /** First line of its raw files, without the clock, which is read for each file. */
  capture: Omit<CaptureInfo, "clock">;
}

/** Options that connections are created from. */
interface ConnectionOptions {
  run: string;
  env: string;
  feed: string;
  venue: Venue;
  endpoint: string;
  version: string;
  commit: string;
  /** Whether records are published only during the run's own turns; default always. */
  inTurns?: boolean;
  /** Capture location; absent = not configured. */
  captureLocation?: CaptureLocation | undefined;
  /** Most symbols per connection; absent = all on one. */
  symbolsPerConnection?: number;
  /** Id of the venue's wire format; absent = today's. */
  normalizer?: string | undefined;
}

/** Creates one connection per recorded connection, with the recorded wire format. */
export function recordedConnections(
  options: ConnectionOptions,
  recorded: readonly { symbols: readonly SymbolSpec[]; normalizer: string }[],
): Connection[] {
  return recorded.map(({ symbols, normalizer }, i) => {
    const version = normalizerFor(options.venue, { day: dayOfUs(nowUs()), normalizer });
    const connection = newConnection(options, { connectionIndex: i + 1, symbols, version });
    return { ...connection, capture: { ...connection.capture, normalizer } };
  });
}

/**
 * Spreads symbols over connections within the limit of each; indexes continue after
 * `connectionsBefore`.
 */
export function planConnections(
  options: ConnectionOptions,
  symbols: readonly SymbolSpec[],
  connectionsBefore = 0,
): Connection[] {
  const { symbolsPerConnection: perConnection = Infinity } = options;
  const connections: Connection[] = [];
  for (let at = 0; at === 0 || at < symbols.length; at += perConnection) {
    const connectionIndex = connectionsBefore + connections.length + 1;
    const version = liveVersion(options);
    const own = symbols.slice(at, at + perConnection);
    connections.push(newConnection(options, { connectionIndex, symbols: own, version }));
  }
  return connections;
}

function liveVersion({ venue, normalizer }: ConnectionOptions): NormalizerVersion {
  return normalizerFor(venue, {
    day: dayOfUs(nowUs()),
    ...(normalizer !== undefined && { normalizer }),
  });
}

function newConnection(
  options: ConnectionOptions,
  { connectionIndex, symbols, version }: Pick<Connection, "connectionIndex" | "symbols"> & {
    version: NormalizerVersion;
  },
): Connection {
  const { feed } = options;
  const normalizer = version.create({ feed, symbols });
  return {
    connectionIndex,
    symbols,
    wanted: symbols,
    isRetired: false,
    normalizerId: version.id,
    normalizer,
    translator: new Translator(feed, normalizer, {
      run: runOfName(options.run),
      connection: connectionIndex,
      turns: options.inTurns ? [] : undefined,
    }),
    capture: captureInfo(options, connectionIndex, symbols),
  };
}

function captureInfo(
  options: ConnectionOptions,
  connectionIndex: number,
  symbols: readonly SymbolSpec[],
): Omit<CaptureInfo, "clock"> {
  const { run, env, feed, venue, endpoint, version, commit } = options;
  return {
    run,
    connection: `${run}-${connectionIndex}`,
    env,
    feed,
    venue: venue.id,
    endpoint,
    symbols: symbols.map((spec) => ({ ...spec })),
    location: options.captureLocation?.id ?? "",
    host: Deno.hostname(),
    software: { version, commit },
    linesBefore: 0,
    ...(options.inTurns && { inTurns: true }),
    ...namedFormat(options),
  };
}

/** Returns the wire format for raw files only when it is not the day's default. */
function namedFormat(options: ConnectionOptions): Pick<CaptureInfo, "normalizer"> {
  const { id } = liveVersion(options);
  return id === normalizerOn(options.venue, dayOfUs(nowUs())).id ? {} : { normalizer: id };
}

/** Applies a translated line that removes markets: later raw files omit them. */
export function leaveOut(connection: Connection, names: ReadonlySet<string>): void {
  const symbols = connection.symbols.filter(({ symbol }) => !names.has(symbol));
  connection.symbols = symbols;
  connection.capture = { ...connection.capture, symbols: symbols.map((spec) => ({ ...spec })) };
}

/** Applies a translated line that adds markets: later raw files name them. */
export function takeIn(connection: Connection, specs: readonly SymbolSpec[]): void {
  const names = new Set(specs.map(({ symbol }) => symbol));
  const symbols = [...connection.symbols.filter(({ symbol }) => !names.has(symbol)), ...specs];
  connection.symbols = symbols;
  connection.capture = { ...connection.capture, symbols: symbols.map((spec) => ({ ...spec })) };
}

/** Returns the checkpoint for a segment header; `clock` applies to the lines after it. */
export function checkpointOf(
  connection: Connection,
  continuity: ConnectionContinuity,
  clock: CaptureClock,
): ConnectionCheckpoint {
  const { connectionIndex, translator, normalizer, normalizerId, capture } = connection;
  return {
    connectionIndex,
    sequence: translator.sequence,
    lastUs: translator.lastUs,
    aliveUs: translator.aliveUs,
    linesBefore: translator.lines,
    continuity: { ...continuity },
    normalizer: normalizerId,
    state: normalizer.state(),
    turn: countedTurn(translator.turns),
    openGaps: translator.openGaps,
    capture: { ...capture, clock, linesBefore: translator.lines },
  };
}

/**
 * Returns the state that outlives the run, of connections that have received lines. For a market
 * that moved between connections, the state of the current one wins.
 */
export function carriedBy(
  connections: readonly { translator: Translator }[],
): CarriedState {
  const carried: Record<string, CarriedState[string]> = {};
  for (const { translator } of connections) {
    if (translator.lastUs === 0) continue;
    for (const [external, state] of Object.entries(translator.carried())) {
      if (leftUsOf(state) >= leftUsOf(carried[external])) carried[external] = state;
    }
  }
  return carried;
}

/** Returns a market's handover; `before` applies unless the market was removed. */
export function handoverFrom(
  external: string,
  state: CarriedState[string],
  before: Handover,
): Handover {
  const { left, ...memory } = state;
  const end = typeof left === "number" ? { fromUs: left, planned: true } : before;
  return { ...end, carried: { [external]: memory } };
}

/** Returns the known state of markets that are added again; undefined = none. */
export function memoryOf(
  specs: readonly SymbolSpec[],
  known: CarriedState,
): Partial<Handover> | undefined {
  const carried = Object.fromEntries(specs.flatMap(({ external }) => {
    // Their gaps ended when the market was removed.
    const { gap: _gap, missing: _missing, ...memory } = known[external] ?? {};
    return Object.keys(memory).length === 0 ? [] : [[external, memory] as const];
  }));
  return Object.keys(carried).length === 0 ? undefined : { carried };
}

/** Time up to which a removed market's data is complete, µs; Infinity = not removed. */
function leftUsOf(state: CarriedState[string] | undefined): number {
  if (state === undefined) return -1;
  return typeof state["left"] === "number" ? state["left"] : Infinity;
}

/** Encodes snapshots of all valid books, with the sequence of the last record applied to them. */
export function snapshotsOf(connections: readonly Connection[]): Uint8Array {
  const encoder = new Encoder();
  const parts = connections.flatMap(({ normalizer, translator }) =>
    normalizer.snapshots().map((event) =>
      encoder.encode({
        ...event,
        ...translator.origin,
        receivedAtUs: translator.lastUs,
      })
    )
  );
  return concat(parts);
}

/** Restores a translator from a checkpoint, with the wire format of that time. */
export function restoreTranslator(
  venue: Venue,
  feed: string,
  { checkpoint, turns }: { checkpoint: ConnectionCheckpoint; turns: readonly RunTurn[] },
): Translator {
  const version = venue.normalizers.find((known) => known.id === checkpoint.normalizer) ??
    normalizerOn(venue, dayOfUs(checkpoint.lastUs));
  const normalizer = version.create({ feed, symbols: checkpoint.capture.symbols });
  normalizer.restore(checkpoint.state);
  const { capture, sequence, lastUs, aliveUs, openGaps } = checkpoint;
  return new Translator(feed, normalizer, {
    ...{ ...originOf(capture), sequence, lastUs, aliveUs, openGaps },
    turns: capture.inTurns ? turns : undefined,
  });
}
