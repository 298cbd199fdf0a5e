import { buildRawFile, frameLine } from "@ssmd/archive/testing/raw_file";
import type { MarketEvent } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { subjectOf } from "@ssmd/market";
import {
  type CaptureInfo,
  changedManifest,
  eventLine,
  type ManifestFile,
  manifestTimes,
  openManifest,
  parseRawLine,
  rawKey,
  saveManifest,
} from "@ssmd/archive";
import { createArchiver } from "@ssmd/archiver";
import { type Storage } from "@ssmd/storage";
import { memoryTransport, type Publisher } from "@ssmd/transport";
import { translatorOf } from "@ssmd/exchanges";

/** Environment, feed and day of the test archive. */
export const FEED_DAY = { env: "test", feed: "kraken", day: "2026-08-01" } as const;
const MINUTE_US = 60_000_000;
const UTF8 = new TextEncoder();
const encoder = new Encoder();

function captureOf(capture: Capture, connection: string, linesBefore: number): CaptureInfo {
  return {
    ...{ run: runOf(capture), connection, env: capture.env, feed: FEED_DAY.feed, venue: "kraken" },
    endpoint: "ws://127.0.0.1:1/v2",
    symbols: [{ symbol: "BTCUSD", external: "BTC/USD" }],
    ...{ location: "", host: "here" },
    clock: { source: "system", status: "unknown", offsetUs: null },
    software: { version: "0.1.0", commit: "abc1234" },
    linesBefore,
  };
}

function tradeFrame(id: number): string {
  return `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell",` +
    `"price":66000.${id % 10},"qty":0.0${1 + id % 9},"ord_type":"market","trade_id":${id},` +
    `"timestamp":"2026-08-01T02:53:50.646219Z"}]}`;
}

/** Environment and day of a test capture. */
interface Capture {
  env: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
}

/** Returns the run id; one run per day. */
function runOf({ day }: Capture): string {
  return day === FEED_DAY.day ? "m1abc" : `m1${day.replaceAll("-", "")}`;
}

function startUsOf({ day }: Capture): number {
  return Date.parse(`${day}T02:53:50Z`) * 1000;
}

/** Lines of one connection in one minute: trades, a disconnect, useless frames. */
function linesOf(capture: Capture, minute: number, from: number, count: number): string[] {
  const startUs = startUsOf(capture) + minute * MINUTE_US;
  const lines = minute === 0 ? [eventLine(startUs, "connect", "first")] : [];
  for (let i = 0; i < count; i++) {
    const atUs = startUs + 1000 + i * 100;
    if (i === 50) lines.push(eventLine(atUs, "disconnect", "reset"));
    else if (i === 60) lines.push(frameLine(atUs, `{"channel":"nobody-knows"}`));
    else if (i === 70) lines.push(frameLine(atUs, `{"not\njson"`));
    else lines.push(frameLine(atUs, tradeFrame(from + i)));
  }
  return lines;
}

/**
 * Fills an archive with two connections over three minutes, using the real writers: raw files, and
 * their records through translator and archiver.
 */
export async function fillArchive(
  storage: Storage,
  env: string = FEED_DAY.env,
  day: string = FEED_DAY.day,
): Promise<void> {
  const dayId = { ...FEED_DAY, env, day };
  const startUs = startUsOf(dayId);
  const transport = memoryTransport();
  const publisher = transport.publisher();
  const archiver = createArchiver({
    ...{ env, feeds: [FEED_DAY.feed], transport, storage },
    ...{ version: "0.1.0", commit: "abc1234", clock: () => startUs },
  });
  await archiver.start();
  const files: ManifestFile[] = [];
  let line = 0;
  const connections = [1, 2].map((index) => `${runOf(dayId)}-${index}`).map((name) => ({
    name,
    linesBefore: 0,
    translator: translatorOf(captureOf(dayId, name, 0), { day }),
  }));
  for (let minute = 0; minute < 3; minute++) {
    for (const connection of connections) {
      const { name, linesBefore, translator } = connection;
      const lines = linesOf(dayId, minute, minute * 1000, 200);
      files.push(await putRaw(storage, dayId, name, minute, linesBefore, lines));
      connection.linesBefore += lines.length;
      for (const text of lines) {
        const parsed = parseRawLine(text.slice(0, -1));
        if (parsed.kind === "capture") continue;
        line++;
        translator.line(parsed).events.forEach((event, i) =>
          send(publisher, dayId, event, line, i)
        );
      }
    }
  }
  const manifest = await openManifest(storage, { kind: "raw", ...dayId });
  await saveManifest(
    storage,
    changedManifest(manifest, { files, writtenBy: "0.1.0+abc1234", nowUs: startUs }),
  );
  await archiver.close();
  await transport.close();
}

function send(
  publisher: Publisher,
  capture: Capture,
  event: MarketEvent,
  line: number,
  index: number,
): void {
  publisher.publish({
    subject: subjectOf(capture.env, event.feed, event.type, event.symbol),
    payload: encoder.encode(event),
    id: `${runOf(capture)}-${line}-${index}`,
  });
}

async function putRaw(
  storage: Storage,
  capture: Capture,
  connection: string,
  minute: number,
  linesBefore: number,
  lines: readonly string[],
): Promise<ManifestFile> {
  const info = captureOf(capture, connection, linesBefore);
  const built = buildRawFile(info, [UTF8.encode(lines.join(""))]);
  const key = rawKey({
    ...FEED_DAY,
    ...capture,
    connection,
    atUs: startUsOf(capture) + minute * MINUTE_US,
  });
  await storage.put(key, built.bytes);
  return {
    ...{
      key,
      connection,
      run: runOf(capture),
      count: lines.length,
      ...built.counts,
      clock: info.clock,
    },
    bytes: built.bytes.length,
    sha256: built.sha256,
    ...manifestTimes(built.firstUs, built.lastUs),
    sequence: { first: linesBefore + 1, last: linesBefore + lines.length },
  };
}
