/** List of all dashboards; `generate.ts` turns it into Grafana's files. @module */

/** A query of a panel: PromQL expression and legend. */
type Line = readonly [expression: string, legend: string];

/** A panel of a dashboard. */
export interface PanelSpec {
  title: string;
  /** One sentence: what is usual and what is not. */
  about: string;
  /** A Grafana unit. */
  unit: "short" | "s" | "bytes" | "percentunit" | "d" | "ops" | "Bps";
  lines: readonly Line[];
}

/** A dashboard; `name` is its file name and part of its uid. */
export interface DashboardSpec {
  name: string;
  title: string;
  panels: readonly PanelSpec[];
}

function panel(title: string, unit: PanelSpec["unit"], about: string) {
  return (...lines: Line[]): PanelSpec => ({ title, unit, about, lines });
}

/** Returns P50, P95 and P99 of a histogram over five minutes. */
function quantiles(histogram: string, by = ""): Line[] {
  const groups = by === "" ? "le" : `le, ${by}`;
  const of = by === "" ? "" : `{{${by}}} `;
  return [0.5, 0.95, 0.99].map((q): Line => [
    `histogram_quantile(${q}, sum by (${groups}) (rate(${histogram}_bucket[5m])))`,
    `${of}P${q * 100}`,
  ]);
}

const OVERVIEW = [
  panel("Ready", "short", "1 = all conditions of the process hold.")(
    ["ssmd_process_ready", "{{instance}}"],
  ),
  panel("Conditions that fail", "short", "Empty lines at 0; what rises says why it is not ready.")(
    [
      "sum by (component, feed, condition) (ssmd_process_condition_failing)",
      "{{component}} {{feed}} {{condition}}",
    ],
  ),
  panel("Frames received", "ops", "What venues send, by feed.")(
    ["ssmd:received:rate2m", "{{feed}}"],
  ),
  panel("Records published", "ops", "By type; gaps have a chart of their own.")(
    ['sum by (type) (rate(ssmd_connector_messages_published_total{type!="gap"}[1m]))', "{{type}}"],
  ),
  panel("Gaps", "short", "Gap records in ten minutes; 0 is usual.")(
    [
      'sum by (feed) (increase(ssmd_connector_messages_published_total{type="gap"}[10m]))',
      "{{feed}}",
    ],
    ["sum by (feed) (increase(ssmd_archiver_bus_gaps_total[10m]))", "{{feed}} left the bus"],
  ),
  panel("Late by", "s", "Receipt less the venue's time, and the archive against now.")(
    ["max by (feed) (ssmd_connector_lag_seconds)", "{{feed}}"],
    ["max(ssmd_archiver_lag_seconds)", "archive"],
  ),
  panel("Clients", "short", "Connected now, and how many of them lose messages.")(
    ["sum(ssmd_gateway_clients_connected)", "connected"],
    ["sum(ssmd_gateway_slow_consumers)", "slow"],
  ),
  panel("Versions", "short", "Processes by what they run.")(
    [
      "count by (component, version, commit) (ssmd_build_info)",
      "{{component}} {{version}} {{commit}}",
    ],
  ),
  panel("Memory", "bytes", "Resident memory of each process.")(
    ["ssmd_process_resident_memory_bytes", "{{instance}}"],
  ),
  panel("Processor", "short", "Cores in use by each process.")(
    ["rate(ssmd_process_cpu_seconds_total[1m])", "{{instance}}"],
  ),
];

const CONNECTOR = [
  panel("Frames received", "ops", "By feed and shard; shards should be alike.")(
    [
      "sum by (feed, shard) (rate(ssmd_connector_messages_received_total[1m]))",
      "{{feed}} {{shard}}",
    ],
  ),
  panel("Connections", "short", "Open connections to the venue.")(
    ["sum by (feed, shard) (ssmd_connector_connected)", "{{feed}} {{shard}}"],
  ),
  panel("Symbols", "short", "Ordered, quiet against their rate, and books that are not right.")(
    ["sum by (feed, shard) (ssmd_connector_symbols)", "{{feed}} {{shard}} ordered"],
    ["sum by (feed, shard) (ssmd_connector_silent_symbols)", "{{feed}} {{shard}} silent"],
    ["sum by (feed, shard) (ssmd_connector_suspect_books)", "{{feed}} {{shard}} suspect books"],
  ),
  panel("Channels that are missing", "short", "Ordered channels that bring nothing.")(
    ["sum by (feed, type) (ssmd_connector_missing_subscriptions)", "{{feed}} {{type}}"],
  ),
  panel("Lost and failed connections", "short", "In ten minutes.")(
    [
      "sum by (feed, shard) (increase(ssmd_connector_websocket_reconnects_total[10m]))",
      "{{feed}} {{shard}} lost",
    ],
    [
      "sum by (feed, shard) (increase(ssmd_connector_connect_failures_total[10m]))",
      "{{feed}} {{shard}} failed",
    ],
  ),
  panel("Lag behind the venue", "s", "Receipt less the venue's time, newest record.")(
    ["max by (feed, shard) (ssmd_connector_lag_seconds)", "{{feed}} {{shard}}"],
  ),
  panel("Receipt to the bus", "s", "From a frame's receipt to its records being on the way.")(
    ...quantiles("ssmd_connector_receive_to_publish_seconds", "feed"),
  ),
  panel("Waiting for the bus", "short", "Messages; beyond memory they are on disk.")(
    ["sum by (feed, shard) (ssmd_connector_outbox_messages)", "{{feed}} {{shard}}"],
  ),
  panel("Errors", "short", "In ten minutes: frames unread, requests refused, spool.")(
    [
      "sum by (feed, error_type) (increase(ssmd_connector_errors_total[10m]))",
      "{{feed}} {{error_type}}",
    ],
    [
      "sum by (feed) (increase(ssmd_connector_spool_dropped_segments_total[10m]))",
      "{{feed}} segments given up",
    ],
  ),
  panel("Refused by the bus", "short", "In ten minutes, by reason.")(
    [
      "sum by (feed, reason) (increase(ssmd_connector_publish_refusals_total[10m]))",
      "{{feed}} {{reason}}",
    ],
  ),
  panel("Frames read the slow way", "ops", "Unknown shapes; a rise means that the venue changed.")(
    ["sum by (feed) (rate(ssmd_connector_scanner_fallback_total[5m]))", "{{feed}} not scanned"],
    ["sum by (feed) (rate(ssmd_connector_unknown_frames_total[5m]))", "{{feed}} unknown"],
  ),
  panel("Pairs", "short", "1 = tells the feed; backed = another one stands by.")(
    ["ssmd_connector_telling", "{{instance}} {{feed}} tells"],
    ["ssmd_connector_backed", "{{instance}} {{feed}} backed"],
  ),
];

const ARCHIVER = [
  panel("Records written", "ops", "By feed and type; files are finished once a minute.")(
    ["sum by (feed, type) (rate(ssmd_archiver_records_written_total[5m]))", "{{feed}} {{type}}"],
  ),
  panel("Oldest record without a file", "s", "Around a minute is usual.")(
    ["max by (shard) (ssmd_archiver_lag_seconds)", "{{shard}}"],
  ),
  panel("Newest file", "s", "Time since a file was written, raw and normalized.")(
    ["min by (feed) (ssmd_archiver_newest_file_age_seconds)", "{{feed}} normalized"],
    ["min by (feed) (ssmd_connector_newest_raw_file_age_seconds)", "{{feed}} raw"],
  ),
  panel("Receipt to file", "s", "From a file's oldest record to the file in storage.")(
    ...quantiles("ssmd_archiver_receive_to_file_seconds"),
  ),
  panel("Time of a round", "s", "To write one round of files with its manifests.")(
    ...quantiles("ssmd_archiver_round_seconds"),
  ),
  panel("In memory", "bytes", "Bytes of records that are not in a finished file.")(
    ["sum by (shard) (ssmd_archiver_buffered_bytes)", "{{shard}}"],
  ),
  panel("Dead letters", "short", "Messages that could not be archived, in ten minutes.")(
    ["sum by (reason) (increase(ssmd_archiver_dead_lettered_total[10m]))", "{{reason}}"],
  ),
  panel("Left the bus and made again", "short", "Records that raw gave back, in an hour.")(
    ["sum by (feed) (increase(ssmd_archiver_repaired_records_total[1h]))", "{{feed}}"],
  ),
  panel("Duplicates", "ops", "Repeats of the bus that the archive holds already.")(
    ["sum(rate(ssmd_archiver_duplicates_total[5m]))", "dropped"],
  ),
  panel("Jobs", "short", "Ended in a day, by how.")(
    ["sum by (workflow, state) (increase(ssmd_jobs_ended_total[1d]))", "{{workflow}} {{state}}"],
  ),
];

const GATEWAY = [
  panel("Clients", "short", "By the state of their buffers.")(
    ["sum by (state) (ssmd_gateway_client_states)", "{{state}}"],
  ),
  panel("Subscriptions", "short", "Markets that clients get, summed.")(
    ["sum by (instance) (ssmd_gateway_subscriptions_active)", "{{instance}}"],
  ),
  panel("Messages sent", "ops", "To all clients, by type.")(
    ["sum by (type) (rate(ssmd_gateway_messages_sent_total[1m]))", "{{type}}"],
  ),
  panel("Messages lost", "ops", "For slow clients, by their policy; each client is told.")(
    ["sum by (reason) (rate(ssmd_gateway_messages_dropped_total[1m]))", "{{reason}}"],
  ),
  panel("Receipt to client", "s", "From a frame's arrival at the connector to the write.")(
    ...quantiles("ssmd_gateway_latency_seconds"),
  ),
  panel("Resumed", "short", "Requests to go on where a client was, in ten minutes.")(
    ["sum by (result) (increase(ssmd_gateway_resumes_total[10m]))", "{{result}}"],
  ),
  panel("Errors", "short", "In ten minutes.")(
    ["sum by (error_type) (increase(ssmd_gateway_errors_total[10m]))", "{{error_type}}"],
  ),
  panel("Issues of clients", "short", "What clients reported, by state.")(
    ["sum by (status) (ssmd_gateway_feedback_entries)", "{{status}}"],
  ),
];

const SIGNALS = [
  panel("Fires", "short", "In ten minutes, by signal.")(
    ["sum by (signal) (increase(ssmd_signals_fires_total[10m]))", "{{signal}}"],
  ),
  panel("Records given to signals", "ops", "All signals see the same.")(
    ["sum(rate(ssmd_signals_records_total[1m]))", "records"],
  ),
  panel("Late by", "s", "Age of the last record taken while others wait; 0 = none waits.")(
    ["max(ssmd_signals_lag_seconds)", "lag"],
  ),
  panel("Waiting", "short", "Messages that wait for the signals.")(
    ["sum(ssmd_signals_waiting)", "messages"],
  ),
  panel("Time of a batch", "s", "From taking a batch to its last fire being stored.")(
    ...quantiles("ssmd_signals_batch_seconds"),
  ),
  panel("Quarantined", "short", "Signals that run no more; 0 is usual.")(
    ["sum(ssmd_signals_quarantined)", "signals"],
  ),
  panel("Errors", "short", "In ten minutes, by type.")(
    ["sum by (error_type) (increase(ssmd_signals_errors_total[10m]))", "{{error_type}}"],
  ),
  panel("Snapshots", "short", "Written in an hour.")(
    ["sum(increase(ssmd_signals_snapshots_total[1h]))", "snapshots"],
  ),
  panel("Actions", "short", "Fires that policies acted on since the start, by how it ended.")(
    [
      "sum by (policy, type, state) (ssmd_agents_actions_total)",
      "{{policy}} {{type}} {{state}}",
    ],
  ),
];

const CLOCKS = [
  panel("Offset", "s", "Against the reference, positive = fast; only where chrony says it.")(
    ["max by (instance) (ssmd_connector_clock_offset_seconds)", "{{instance}}"],
  ),
  panel("Not synchronized", "short", "1 = the machine says that its clock is off.")(
    ["max by (instance) (ssmd_connector_clock_unsynchronized)", "{{instance}}"],
  ),
  panel("Lag behind the venue", "s", "A clock that is off shows as a step here, for all feeds.")(
    ["max by (feed) (ssmd_connector_lag_seconds)", "{{feed}}"],
  ),
  panel("Running for", "s", "Since the start of the process.")(
    ["time() - ssmd_process_start_time_seconds", "{{instance}}"],
  ),
];

const STORAGE = [
  panel("Free space", "percentunit", "Of the disk of spool and archive.")(
    ["ssmd_process_disk_free_bytes / ssmd_process_disk_size_bytes", "{{instance}} {{folder}}"],
  ),
  panel("Full in", "d", "At the pace of the last six hours; 365 = not soon.")([
    "clamp(ssmd_process_disk_free_bytes / clamp_min(-deriv(ssmd_process_disk_free_bytes[6h]), 1) / 86400, 0, 365)",
    "{{instance}} {{folder}}",
  ]),
  panel("Written", "Bps", "Normalized files, by bucket.")(
    ["sum by (bucket) (rate(ssmd_archiver_bytes_written_total[5m]))", "{{bucket}}"],
  ),
  panel("Files", "short", "Normalized files in ten minutes.")(
    ["sum by (feed) (increase(ssmd_archiver_files_written_total[10m]))", "{{feed}}"],
  ),
  panel("Storage refuses", "short", "1 = the newest try of a component failed.")([
    'sum by (component, feed) (ssmd_process_condition_failing{condition="storage"})',
    "{{component}} {{feed}}",
  ]),
  panel("Keys", "d", "Days until a key has to be rotated; negative = expired.")(
    ["min by (key) (ssmd_key_expires_in_days)", "{{key}}"],
  ),
];

/** All dashboards. */
export const DASHBOARDS: readonly DashboardSpec[] = [
  { name: "overview", title: "Overview", panels: OVERVIEW },
  { name: "connector", title: "Connector by shard", panels: CONNECTOR },
  { name: "archiver", title: "Archiver and jobs", panels: ARCHIVER },
  { name: "gateway", title: "Gateway and clients", panels: GATEWAY },
  { name: "signals", title: "Signals and agents", panels: SIGNALS },
  { name: "clocks", title: "Clocks", panels: CLOCKS },
  { name: "storage", title: "Storage", panels: STORAGE },
];
