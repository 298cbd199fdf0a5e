import { buildRawFile, frameLine } from "@ssmd/archive/testing/raw_file";
import {
  type CaptureInfo,
  changedManifest,
  dayOfUs,
  emptyManifest,
  eventLine,
  type ManifestFile,
  manifestTimes,
  rawKey,
  saveManifest,
} from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";

const START_US = Date.parse("2026-08-01T00:00:00Z") * 1000;
const DAY_US = 86_400_000_000;
const DAYS = 3;
const CONNECTIONS = 2;
const FILES_A_DAY = 6;
const LINES_A_FILE = 2_500;
/** Where the raw files lie. */
export const FEED_ID = { env: "crash", feed: "kalshi" } as const;

/** A market's book by deltas that are numbered over days, with a break each day and trades between. */
function* linesOf(slot: number): Generator<string, void, void> {
  const market = `KXCRASH-T${slot}`;
  const levels = Array.from({ length: 40 }, (_, i) => `["0.${String(i + 10)}00","5.00"]`);
  let seq = 0;
  const frame = (atUs: number, type: string, msg: string, sid = 1) =>
    frameLine(
      atUs,
      `{"type":"${type}","sid":${sid},"seq":${++seq},"msg":{"market_ticker":"${market}",${msg}}}`,
    );
  const begin = (atUs: number) => {
    seq = 0;
    return [
      frameLine(atUs, '{"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}'),
      frame(atUs, "orderbook_snapshot", `"yes_dollars_fp":[${levels}],"no_dollars_fp":[${levels}]`),
    ];
  };
  const count = DAYS * FILES_A_DAY * LINES_A_FILE;
  const stepUs = Math.floor(DAYS * DAY_US / count);
  let broken = 0;
  yield eventLine(START_US, "connect", "first");
  yield* begin(START_US + 1);
  for (let i = 3; i < count; i++) {
    const atUs = START_US + i * stepUs;
    // Each break is told before it is healed: three lines.
    if (i % 7_000 === 0) broken = 3;
    if (broken === 3) yield eventLine(atUs, "disconnect", "reset");
    else if (broken > 0) yield begin(atUs)[2 - broken] as string;
    else {
      const level = 10 + (i >> 1) % 40;
      const sign = i & 1 ? "" : "-";
      yield frame(
        atUs,
        "orderbook_delta",
        `"price_dollars":"0.${level}00","delta_fp":"${sign}1.50","side":"yes","ts_ms":${
          Math.floor(atUs / 1000)
        }`,
      );
    }
    if (broken > 0) broken--;
  }
}

function captureOf(connection: string, linesBefore: number): CaptureInfo {
  return {
    ...{ run: "m1crash", connection, ...FEED_ID, venue: "kalshi", endpoint: "ws://127.0.0.1:1/" },
    ...{ symbols: [], location: "", host: "here", linesBefore },
    clock: { source: "system", status: "unknown", offsetUs: null },
    software: { version: "0.1.0", commit: "test" },
  };
}

/** Writes three days of raw files of two connections. */
export async function fillRaw(storage: Storage): Promise<void> {
  const files = new Map<string, ManifestFile[]>();
  for (let slot = 1; slot <= CONNECTIONS; slot++) {
    const connection = `m1crash-${slot}`;
    const lines = [...linesOf(slot)];
    for (let at = 0; at < lines.length; at += LINES_A_FILE) {
      const own = lines.slice(at, at + LINES_A_FILE);
      const built = buildRawFile(captureOf(connection, at), [
        new TextEncoder().encode(own.join("")),
      ]);
      const key = rawKey({ ...FEED_ID, connection, atUs: built.firstUs });
      await storage.put(key, built.bytes);
      const file: ManifestFile = {
        ...{ key, connection, run: "m1crash", count: own.length, ...built.counts },
        ...{ bytes: built.bytes.length, sha256: built.sha256 },
        ...manifestTimes(built.firstUs, built.lastUs),
        sequence: { first: at + 1, last: at + own.length },
      };
      const day = dayOfUs(built.firstUs);
      files.set(day, [...files.get(day) ?? [], file]);
    }
  }
  for (const [day, ofDay] of files) {
    const manifest = emptyManifest({ kind: "raw", ...FEED_ID, day });
    const change = { files: ofDay, writtenBy: "0.1.0+test", nowUs: START_US };
    await saveManifest(storage, changedManifest(manifest, change));
  }
}
