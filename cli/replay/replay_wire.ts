import type { Storage } from "@ssmd/storage";
import { SIMULATED_VENUES } from "@ssmd/simulator";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { notice } from "../context.ts";
import { countText } from "../format.ts";
import { serveExchange } from "../serve_exchange.ts";
import { type RawCapture, type RawSpan, writeRawCapture } from "@ssmd/dataset/replay";

/** Options of {@linkcode replayWire}. */
interface ReplayWire {
  storage: Storage;
  span: RawSpan;
  speed: number | "max";
  port: number;
  forMs?: number;
  signal: AbortSignal;
}

/**
 * Serves the venue's own protocol on loopback from archived raw frames, at their original pace.
 * Frames are first written to a temporary file of their uncompressed size. Ends when all frames are
 * played and read, on `signal`, or after `forMs`.
 */
export async function replayWire(context: SsmdContext, wire: ReplayWire): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ssmd-replay-" });
  try {
    const path = `${folder}/frames.jsonl`;
    const capture = await writeRawCapture(wire.storage, wire.span, path);
    tell(context, capture);
    const { speed, port, forMs, signal } = wire;
    await serveExchange({
      ...{ venue: venueOf(capture), port, speed, signal },
      ...{ seed: 1, rate: 1, symbols: [], captures: [path], faults: [], untilPlayed: true },
      // One connection keeps the venue's sequence numbers; several would repeat them.
      renumber: capture.connections.length > 1,
      write: (text) => context.process.stdout.write(text),
      ...(forMs === undefined ? {} : { forMs }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function venueOf({ venue }: RawCapture) {
  const found = SIMULATED_VENUES.find((each) => each === venue);
  if (found !== undefined) return found;
  throw new ConfigError("VENUE_UNKNOWN", `The protocol of "${venue}" cannot be served`, {
    hint: `There are: ${SIMULATED_VENUES.join(", ")}. Records: --to stdout or --to transport`,
  });
}

function tell(context: SsmdContext, { frames, connections, leftOut, isCut }: RawCapture): void {
  const from = countText(connections.length, "connection");
  notice(context, `${countText(frames, "frame")} of ${from}`);
  if (leftOut.length > 0) {
    const names = leftOut.join(", ");
    notice(context, `left out, as others carried the same markets meanwhile: ${names}`);
  }
  if (isCut) {
    const what = "it begins in the middle of a connection whose beginning is not archived";
    notice(context, `${what}: order books are known from their next snapshot on`);
  }
}
