import assert from "node:assert/strict";
import {
  type CaptureInfo,
  loadManifest,
  type Manifest,
  parseManifestKey,
  type RawLine,
  rawLinesOf,
} from "@ssmd/archive";
import { folderStorage, type Storage } from "@ssmd/storage";

/** The lines of one connection of one run, in order. */
export interface RawConnection {
  feed: string;
  run: string;
  slot: number;
  info: CaptureInfo;
  lines: Exclude<RawLine, { kind: "capture" }>[];
}

/** Between two sessions of a connection: what has to be covered by a gap. */
export interface Break {
  feed: string;
  slot: number;
  /** Last line before it, µs. */
  fromUs: number;
  /** When the next session that brought market data was connected, µs. */
  connectUs: number;
  /** Its first frame that brought market data that was not there before, µs. */
  dataUs: number;
}

/** What was compared. */
export interface RawCounts {
  sessions: number;
  frames: number;
  sent: number;
  runs: number;
  breaks: Break[];
}

/** Other events, as of the clock or of time without a line, leave the connection as it is. */
const ENDS_SESSION: readonly string[] = ["disconnect", "stop", "resumed"];
const MARKET_DATA =
  /^\{"(channel":"(book|trade|ticker)"|type":"(orderbook_snapshot|orderbook_delta|trade|ticker)")|"event_type": ?"(book|price_change|last_trade_price|best_bid_ask)"/;

/** All manifests of an environment, of one kind. */
export async function manifestsOf(
  storage: Storage,
  kind: "raw" | "normalized",
  env: string,
): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for await (const { key } of storage.list(`${kind}/${env}/`)) {
    const manifestId = parseManifestKey(key);
    const manifest = manifestId && await loadManifest(storage, manifestId);
    if (manifest) manifests.push(manifest);
  }
  return manifests;
}

/** All connections in the raw files, older runs first; no line may be missing between files. */
export async function readRaw(dir: string, env: string): Promise<RawConnection[]> {
  const storage = folderStorage(dir);
  const connections = new Map<string, RawConnection>();
  const files = (await manifestsOf(storage, "raw", env)).flatMap(({ feed, files }) =>
    files.map((file) => ({ ...file, feed }))
  );
  files.sort((a, b) => (a.sequence?.first ?? 0) - (b.sequence?.first ?? 0));
  for (const { key, feed } of files) {
    for (const line of rawLinesOf(await storage.get(key), key)) {
      if (line.kind === "capture") {
        const { run, connection, linesBefore } = line.info;
        const known = connections.get(`${feed} ${connection}`);
        assert.equal(linesBefore, known?.lines.length ?? 0, `lines before ${key}`);
        if (known) continue;
        const slot = Number(connection.slice(run.length + 1));
        connections.set(`${feed} ${connection}`, { feed, run, slot, info: line.info, lines: [] });
      } else {
        const name = /(\w+-\d+)(?:\.\d+)?\.jsonl\.zst$/.exec(key)?.[1];
        connections.get(`${feed} ${name}`)?.lines.push(line);
      }
    }
  }
  await storage.close();
  const text = ({ feed, run, slot }: RawConnection) => `${feed} ${run} ${slot}`;
  return [...connections.values()].sort((a, b) => text(a) < text(b) ? -1 : 1);
}

/**
 * Every session's frames must be the beginning of what the simulator sent on one of its
 * connections, in the order of connections: each frame once, in order, nothing invented.
 */
export function assertFramesWereSent(
  feed: string,
  raw: readonly RawConnection[],
  ledger: readonly string[][],
): { sessions: number; frames: number; sent: number } {
  const sessions = sessionsOf(raw.filter((connection) => connection.feed === feed));
  const free = new Set(ledger.keys());
  let frames = 0;
  for (const session of sessions) {
    frames += session.frames.length;
    if (session.frames.length === 0) continue;
    // Connections of two slots may be made in either order, so the first that fits is looked for.
    const found = [...free].find((index) => beginsWith(ledger[index] ?? [], session.frames));
    assert.ok(
      found !== undefined,
      `${feed}: the ${session.frames.length} frames of a session at ${session.connectUs} are the ` +
        `beginning of no connection of the simulator: ${session.frames[0]?.slice(0, 200)}`,
    );
    free.delete(found);
  }
  const sent = ledger.reduce((sum, connection) => sum + connection.length, 0);
  return { sessions: sessions.length, frames, sent };
}

interface Session {
  connectUs: number;
  frames: string[];
}

function sessionsOf(connections: readonly RawConnection[]): Session[] {
  const sessions: Session[] = [];
  for (const { lines } of connections) {
    let session: Session | undefined;
    for (const line of lines) {
      if (line.kind === "event") {
        if (ENDS_SESSION.includes(line.name)) session = undefined;
        if (line.name !== "connect") continue;
        session = { connectUs: line.atUs, frames: [] };
        sessions.push(session);
        continue;
      }
      assert.ok(session, `a frame at ${line.atUs} outside of a session`);
      assert.equal(line.kind, "frame");
      if (line.kind === "frame") session.frames.push(line.text);
    }
  }
  return sessions.sort((a, b) => a.connectUs - b.connectUs);
}

function beginsWith(sent: readonly string[], received: readonly string[]): boolean {
  return received.length <= sent.length && received.every((frame, i) => frame === sent[i]);
}

/** The frames of a simulator's ledger by connection, in order. */
export async function readLedger(path: string): Promise<string[][]> {
  const connections: string[][] = [];
  for (const line of (await Deno.readTextFile(path)).split("\n")) {
    const match = /^\{"c":(\d+),"m":/.exec(line);
    if (!match) continue;
    const number = Number(match[1]) - 1;
    while (connections.length <= number) connections.push([]);
    connections[number]?.push(line.slice(match[0].length, -1));
  }
  return connections;
}

/**
 * The breaks of all connections, over all runs; the last one may be open. A life of a connection that
 * ends before it said anything goes on with the break that it began in; one that never said anything
 * in any life has missed nothing that it had before.
 */
export function breaksOf(raw: readonly RawConnection[]): Break[] {
  const breaks: Break[] = [];
  const slots = Map.groupBy(raw, ({ feed, slot }) => `${feed} ${slot}`);
  for (const runs of slots.values()) {
    const news = new News();
    let lastUs = 0;
    let fromUs = 0;
    let connectUs = 0;
    for (const { feed, slot, lines } of runs) {
      if (lastUs > 0 && fromUs === 0) fromUs = lastUs;
      for (const line of lines) {
        if (line.kind === "event") {
          if (line.name === "disconnect" && fromUs === 0) fromUs = lastUs;
          if (line.name === "connect") connectUs = line.atUs;
          if (line.name !== "stop" && line.name !== "resumed") lastUs = line.atUs;
          continue;
        }
        lastUs = line.atUs;
        if (line.kind !== "frame" || !news.isIn(line.text) || fromUs === 0) continue;
        breaks.push({ feed, slot, fromUs, connectUs, dataUs: line.atUs });
        fromUs = 0;
      }
    }
  }
  return breaks;
}

/** Tells frames that bring market data from those that only repeat trades. */
class News {
  #lastTrade = new Map<string, number>();

  isIn(text: string): boolean {
    if (!MARKET_DATA.test(text)) return false;
    if (!text.startsWith('{"channel":"trade"')) return true;
    let isNew = false;
    const { data } = JSON.parse(text) as { data: { symbol: string; trade_id: number }[] };
    for (const { symbol, trade_id } of data.toSorted((a, b) => a.trade_id - b.trade_id)) {
      if (trade_id <= (this.#lastTrade.get(symbol) ?? 0)) continue;
      isNew = true;
      this.#lastTrade.set(symbol, trade_id);
    }
    return isNew;
  }
}

/** Compares all raw files with the simulators' ledgers. */
export async function assertRawAgainstLedger(
  dir: string,
  env: string,
  feeds: readonly string[] = ["kraken", "kalshi"],
): Promise<RawCounts> {
  const raw = await readRaw(`${dir}/data`, env);
  const counts = { sessions: 0, frames: 0, sent: 0 };
  for (const feed of feeds) {
    const ledger = await readLedger(`${dir}/${feed}.ledger`);
    const { sessions, frames, sent } = assertFramesWereSent(feed, raw, ledger);
    assert.ok(frames > 0, `no frames of ${feed}`);
    counts.sessions += sessions;
    counts.frames += frames;
    counts.sent += sent;
  }
  const runs = new Set(raw.map(({ feed, run }) => feed + run)).size;
  return { ...counts, runs, breaks: breaksOf(raw) };
}
