import { include, type SummaryDraft } from "../capture_summary.ts";
import { numberField, stringField } from "../json_text.ts";

/** Channel of a message type; undefined for replies. */
export function kalshiChannel(type: string | undefined): string | undefined {
  switch (type) {
    case "orderbook_delta":
    case "orderbook_snapshot":
      return "orderbook_delta";
    case "ticker":
    case "trade":
      return type;
    case "market_lifecycle_v2":
    case "event_lifecycle":
    case "event_fee_update":
      return "market_lifecycle_v2";
    default:
      return undefined;
  }
}

/** Adds a frame to the summary of its capture. */
export function noteKalshi(summary: SummaryDraft, text: string): void {
  const type = stringField(text, "type");
  if (type === "subscribed") {
    const channel = stringField(text, "channel");
    include(summary.acknowledged, channel);
    if (channel !== undefined) summary.sids[channel] ??= numberField(text, "sid");
    return;
  }
  const channel = kalshiChannel(type);
  if (channel === undefined) return;
  include(summary.channels, channel);
  include(summary.symbols, stringField(text, "market_ticker"));
  summary.sids[channel] ??= numberField(text, "sid");
}
