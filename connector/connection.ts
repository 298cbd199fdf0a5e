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
import type { ConnectionCheckpoint } from "./segment.ts";

/** One connection of a connector: its translation, and how many lines it has given. */
export interface Connection {
  /** Number in the run, from 1. */
  connectionIndex: number;
  /** As of the last line that was translated. */
  symbols: readonly SymbolSpec[];
  /** As of now: a line that takes markets off may be on its way. */
  wanted: readonly SymbolSpec[];
  /** Closed for good, as none of its markets is wanted any more. */
  isRetired: boolean;
  normalizerId: string;
  normalizer: Normalizer;
  translator: Translator;
  /** The first line of its raw files, but for the clock, which is asked for each. */
  capture: Omit<CaptureInfo, "clock">;
}

/** What connections are made from. */
interface ConnectionOptions {
  run: string;
  env: string;
  feed: string;
  venue: Venue;
  endpoint: string;
  version: string;
  commit: string;
  /** Whether the run tells what it gets in its turns alone; default always. */
  inTurns?: boolean;
  /** Where it captures; absent = not said. */
  captureLocation?: CaptureLocation | undefined;
  /** Most symbols of a connection; absent = all on one. */
  symbolsPerConnection?: number;
  /** Id of the wire format that the venue speaks; absent = that of today. */
  normalizer?: string | undefined;
}

/** One connection for each of a recording, with the wire format that it was recorded in. */
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
 * Spreads symbols over connections, as many on each as its feed allows; they are numbered behind
 * those that a run has already.
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

/** Raw says the format where it is not that of the day. */
function namedFormat(options: ConnectionOptions): Pick<CaptureInfo, "normalizer"> {
  const { id } = liveVersion(options);
  return id === normalizerOn(options.venue, dayOfUs(nowUs())).id ? {} : { normalizer: id };
}

/** A line that takes markets off was translated: later raw files do not name them. */
export function leaveOut(connection: Connection, names: ReadonlySet<string>): void {
  const symbols = connection.symbols.filter(({ symbol }) => !names.has(symbol));
  connection.symbols = symbols;
  connection.capture = { ...connection.capture, symbols: symbols.map((spec) => ({ ...spec })) };
}

/** A line that takes markets on was translated: later raw files name them. */
export function takeIn(connection: Connection, specs: readonly SymbolSpec[]): void {
  const names = new Set(specs.map(({ symbol }) => symbol));
  const symbols = [...connection.symbols.filter(({ symbol }) => !names.has(symbol)), ...specs];
  connection.symbols = symbols;
  connection.capture = { ...connection.capture, symbols: symbols.map((spec) => ({ ...spec })) };
}

/** Where a connection stands now, for the head of a segment; `clock` times the lines that follow. */
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
    openGaps: translator.openGaps,
    capture: { ...capture, clock, linesBefore: translator.lines },
  };
}

/**
 * What has to outlive the run, of the connections that said anything. Of a market that moved from one
 * connection to another one, what the one has that has it.
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

/** What the next shard needs of a market; `before` holds where the market was not taken off. */
export function handoverFrom(
  external: string,
  state: CarriedState[string],
  before: Handover,
): Handover {
  const { left, ...memory } = state;
  const end = typeof left === "number" ? { fromUs: left, planned: true } : before;
  return { ...end, carried: { [external]: memory } };
}

/** What was `known` of markets that are wanted again; undefined = nothing. */
export function memoryOf(
  specs: readonly SymbolSpec[],
  known: CarriedState,
): Partial<Handover> | undefined {
  const carried = Object.fromEntries(specs.flatMap(({ external }) => {
    // Its gaps ended when it was taken off.
    const { gap: _gap, missing: _missing, ...memory } = known[external] ?? {};
    return Object.keys(memory).length === 0 ? [] : [[external, memory] as const];
  }));
  return Object.keys(carried).length === 0 ? undefined : { carried };
}

/** Up to when nothing was missed of a market that is gone, µs; Infinity = it is here. */
function leftUsOf(state: CarriedState[string] | undefined): number {
  if (state === undefined) return -1;
  return typeof state["left"] === "number" ? state["left"] : Infinity;
}

/** Snapshots of all sound books, numbered with the last record that went into them. */
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

/** A translator that goes on from a checkpoint, with the wire format that was spoken then. */
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
