import { FEED_TYPES } from "@ssmd/market";
import type { Metrics } from "@ssmd/runtime";

/** Creates the connector's metrics. */
export function createConnectorMetrics(metrics: Metrics, feed: string) {
  const labels = { feed };
  const ofFeed = { feed: [feed] };
  const frames = metrics.counter("messages_received_total", "Frames received.", ofFeed);
  const published = metrics.counter(
    "messages_published_total",
    "Records that the bus acknowledged, by type.",
    { ...ofFeed, type: FEED_TYPES },
  );
  const errors = metrics.counter(
    "errors_total",
    "What went wrong: unreadable frames, refused requests, a spool that cannot be written.",
    { ...ofFeed, error_type: ["parse", "suspect", "conflict", "refused", "line", "spool"] },
  );
  const refusals = metrics.counter(
    "publish_refusals_total",
    "Tries that the bus refused: permission, storage, size, invalid, other.",
    { ...ofFeed, reason: ["permission", "storage", "size", "invalid", "other"] },
  );
  const dropped = metrics.counter(
    "deltas_dropped_total",
    "Book changes left out on purpose, because the book was suspect or they were repeats.",
    ofFeed,
  );
  const unknown = metrics.counter(
    "unknown_frames_total",
    "Frames of a type that is not known, well formed and of no channel that is kept.",
    ofFeed,
  );
  const fallback = metrics.counter(
    "scanner_fallback_total",
    "Frames of market data that were not of their usual shape and were read as JSON.",
    ofFeed,
  );
  const lag = metrics.gauge("lag_seconds", "Receipt less the venue's time, last record.", {
    labels: ["feed"],
  });
  const reconnects = metrics.counter("websocket_reconnects_total", "Lost connections.", ofFeed);
  const waiting = metrics.gauge("outbox_messages", "Messages that wait for the bus.", {
    labels: ["feed"],
  });
  const suspect = metrics.gauge("suspect_books", "Ordered books not known to be right.", {
    labels: ["feed"],
  });
  const missing = metrics.gauge(
    "missing_subscriptions",
    "Ordered channels of symbols that bring nothing, by record type.",
    { labels: ["feed", "type"] },
  );
  const connected = metrics.gauge("connected", "Open connections to the venue.", {
    labels: ["feed"],
  });
  const telling = metrics.gauge(
    "telling",
    "1 = the feed's records are this connector's; 0 = another one tells it, and it stands by.",
    { labels: ["feed"] },
  );
  const backed = metrics.gauge(
    "backed",
    "1 = another connector stands by that captures as much and fills the gaps of this one.",
    { labels: ["feed"] },
  );
  const connectFailures = metrics.counter(
    "connect_failures_total",
    "Connections to the venue that could not be opened.",
    ofFeed,
  );
  const silent = metrics.gauge("silent_symbols", "Symbols quiet against their usual rate.", {
    labels: ["feed"],
  });
  const unsynchronized = metrics.gauge(
    "clock_unsynchronized",
    "1 = this machine says that its clock is off; 0 = it is right, or nothing says how it is.",
    { labels: ["feed"] },
  );
  const clockOffset = metrics.gauge(
    "clock_offset_seconds",
    "This clock against its reference, positive = fast; no line where nothing says it.",
    { labels: ["feed"] },
  );
  const symbols = metrics.gauge("symbols", "Symbols that are ordered.", { labels: ["feed"] });
  const rawFileAge = metrics.gauge(
    "newest_raw_file_age_seconds",
    "Time since frames last went into a raw file in storage, or since the start.",
    { labels: ["feed"] },
  );
  const lost = metrics.counter(
    "spool_dropped_segments_total",
    "Spool segments lost: given up over the spool's limit, or deleted by somebody.",
    ofFeed,
  );
  const toPublish = metrics.histogram(
    "receive_to_publish_seconds",
    "From receipt of a frame to its records on the way to the bus; one frame a group.",
    { labels: ["feed"] },
  );
  return {
    labels,
    frames,
    published,
    errors,
    refusals,
    dropped,
    unknown,
    fallback,
    lag,
    reconnects,
    waiting,
    suspect,
    silent,
    missing,
    connected,
    telling,
    backed,
    connectFailures,
    unsynchronized,
    clockOffset,
    symbols,
    rawFileAge,
    lost,
    toPublish,
  };
}

export type ConnectorMetrics = ReturnType<typeof createConnectorMetrics>;
