import type { Connection } from "../connection.ts";
import { include, type SummaryDraft } from "../capture_summary.ts";
import type { FrameKind } from "../faults.ts";
import { stringField } from "../json_text.ts";
import type { CaptureFeed, CapturePlayback } from "../venue.ts";
import { type PolymarketFeed, PolymarketSession } from "./session.ts";

/** Market channel from captures: forwards unchanged frames to their subscribers. */
export class PolymarketCaptureFeed implements PolymarketFeed, CaptureFeed {
  #playback: CapturePlayback;
  #sessions = new Set<PolymarketSession>();

  constructor(playback: CapturePlayback) {
    this.#playback = playback;
  }

  session(connection: Connection): PolymarketSession {
    const session = new PolymarketSession(connection, this);
    this.#sessions.add(session);
    return session;
  }

  /** The capture contains the first books. */
  subscribed(): void {
    this.#playback.begin(true);
  }

  closed(session: PolymarketSession): void {
    this.#sessions.delete(session);
  }

  frame(text: string): void {
    const tokens = tokensOf(text);
    const kind = KINDS.get(stringField(text, "event_type") ?? "") ?? "control";
    for (const { connection, tokens: wanted } of this.#sessions) {
      if (tokens.length === 0 || tokens.some((token) => wanted.has(token))) {
        connection.sendData(text, kind);
      }
    }
  }
}

const KINDS: ReadonlyMap<string, FrameKind> = new Map([
  ["book", "book"],
  ["price_change", "book"],
  ["last_trade_price", "trade"],
  ["best_bid_ask", "ticker"],
]);

/** Adds a frame to the summary of its capture. */
export function notePolymarket(summary: SummaryDraft, text: string): void {
  for (const token of tokensOf(text)) include(summary.symbols, token);
  include(summary.channels, stringField(text, "event_type"));
}

function tokensOf(text: string): string[] {
  return [...new Set([...text.matchAll(/"asset_id": ?"(\d+)"/g)].map(([, token]) => token ?? ""))];
}
