import assert from "node:assert/strict";
import { parse } from "yaml";
import { prometheusAvailable } from "../../tests/servers/prometheus.ts";

const FOLDER = new URL("./", import.meta.url).pathname;
const REAL = { ignore: !prometheusAvailable() };

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary: string; runbook_url: string };
}

async function rules(): Promise<Rule[]> {
  return parse(await Deno.readTextFile(`${FOLDER}alerts.yaml`)).groups[0].rules;
}

/** Series of a machine that is well, a sample a minute in Prometheus' notation. */
const WELL: Readonly<Record<string, string>> = {
  'up{job="ssmd",instance="a"}': "1x60",
  'ssmd_build_info{instance="a"}': "1x60",
  'ssmd_process_start_time_seconds{instance="a"}': "1000x60",
  'ssmd_process_ready{instance="a"}': "1x60",
  'ssmd_process_condition_failing{component="archiver",feed="",condition="storage"}': "0x60",
  'ssmd_circuit_breaker_state{instance="a",circuit="storage_write"}': "0x60",
  'ssmd_process_disk_free_bytes{instance="a",folder="d"}': "50x60",
  'ssmd_process_disk_size_bytes{instance="a",folder="d"}': "100x60",
  'ssmd_process_uncaught_errors_total{instance="a",kind="error"}': "0x60",
  'ssmd_connector_messages_received_total{instance="a",feed="f",shard="s1"}': "0+600x60",
  'ssmd_connector_messages_received_total{instance="b",feed="f",shard="s2"}': "0+500x60",
  'ssmd_connector_messages_received_total{instance="b",feed="f",shard="s3"}': "0+500x60",
  'ssmd_connector_messages_received_total{instance="b",feed="f",shard="s4"}': "0+500x60",
  'ssmd_connector_messages_published_total{feed="f",type="gap"}': "0x60",
  'ssmd_connector_connected{instance="a",feed="f"}': "1x60",
  'ssmd_connector_connect_failures_total{feed="f"}': "0x60",
  'ssmd_connector_websocket_reconnects_total{feed="f"}': "0x60",
  'ssmd_connector_telling{instance="a",feed="f"}': "1x60",
  'ssmd_connector_telling{instance="b",feed="f"}': "0x60",
  'ssmd_connector_lag_seconds{feed="f"}': "0.1x60",
  'ssmd_connector_missing_subscriptions{feed="f",type="trade"}': "0x60",
  'ssmd_connector_suspect_books{feed="f"}': "0x60",
  'ssmd_connector_outbox_messages{feed="f"}': "50x60",
  'ssmd_connector_publish_refusals_total{feed="f",reason="size"}': "0x60",
  'ssmd_connector_errors_total{feed="f",error_type="parse"}': "0x60",
  'ssmd_connector_spool_dropped_segments_total{feed="f"}': "0x60",
  'ssmd_connector_newest_raw_file_age_seconds{feed="f"}': "60x60",
  'ssmd_connector_clock_unsynchronized{instance="a"}': "0x60",
  'ssmd_connector_clock_offset_seconds{instance="a"}': "0.001x60",
  'ssmd_archiver_newest_file_age_seconds{feed="f"}': "60x60",
  'ssmd_archiver_bus_gaps_total{feed="f"}': "0x60",
  'ssmd_archiver_dead_lettered_total{reason="payload"}': "0x60",
  ssmd_archiver_lag_seconds: "70x60",
  'ssmd_key_expires_in_days{key="k"}': "60x60",
  'ssmd_gateway_messages_dropped_total{instance="a",reason="drop_newest"}': "0x60",
  'ssmd_signals_lag_seconds{instance="a"}': "0x60",
  'ssmd_signals_quarantined{instance="a"}': "0x60",
  'ssmd_jobs_ended_total{workflow="end-day",state="failed"}': "0x60",
};

/** What differs from that from minute 30 on, and which alerts fire at minute 50; for the first word. */
const FAULTS: Readonly<Record<string, readonly [series: string, values: string]>> = {
  "SsmdDown": ['up{job="ssmd",instance="a"}', "1x29 0x60"],
  "SsmdNotScraped": ['ssmd_build_info{instance="a"}', "1x29 stale"],
  "SsmdRestarting": [
    'ssmd_process_start_time_seconds{instance="a"}',
    "1000x29 3000x3 4000x3 5000x50",
  ],
  "SsmdNotReady": ['ssmd_process_ready{instance="a"}', "1x29 0x60"],
  "SsmdDisconnected": ['ssmd_connector_connected{instance="a",feed="f"}', "1x29 0x60"],
  "SsmdConnectFails": ['ssmd_connector_connect_failures_total{feed="f"}', "0x29 0+1x60"],
  "SsmdReconnects": ['ssmd_connector_websocket_reconnects_total{feed="f"}', "0x29 0+1x60"],
  "SsmdNobodyTells": ['ssmd_connector_telling{instance="a",feed="f"}', "1x29 0x60"],
  "SsmdVenueLag": ['ssmd_connector_lag_seconds{feed="f"}', "0.1x29 9x60"],
  "SsmdSubscriptionMissing": [
    'ssmd_connector_missing_subscriptions{feed="f",type="trade"}',
    "0x29 1x60",
  ],
  "SsmdBooksSuspect": ['ssmd_connector_suspect_books{feed="f"}', "0x29 2x60"],
  "SsmdBusBacklog": ['ssmd_connector_outbox_messages{feed="f"}', "50x29 20000x60"],
  "SsmdBusRefuses": [
    'ssmd_connector_publish_refusals_total{feed="f",reason="size"}',
    "0x29 0+1x60",
  ],
  "SsmdGap": ['ssmd_connector_messages_published_total{feed="f",type="gap"}', "0x45 1x60"],
  "SsmdBusGap": ['ssmd_archiver_bus_gaps_total{feed="f"}', "0x45 1x60"],
  "SsmdSpoolLost": ['ssmd_connector_spool_dropped_segments_total{feed="f"}', "0x45 1x60"],
  "SsmdDeadLetters": ['ssmd_archiver_dead_lettered_total{reason="payload"}', "0x45 3x60"],
  "SsmdFramesUnreadable": [
    'ssmd_connector_errors_total{feed="f",error_type="parse"}',
    "0x45 1x60",
  ],
  "SsmdArchiverLate": ["ssmd_archiver_lag_seconds", "70x29 400x60"],
  "SsmdArchiveStale": ['ssmd_archiver_newest_file_age_seconds{feed="f"}', "60x29 60+60x60"],
  "SsmdStorageFails": [
    'ssmd_process_condition_failing{component="archiver",feed="",condition="storage"}',
    "0x29 1x60",
  ],
  "SsmdCircuitOpen": [
    'ssmd_circuit_breaker_state{instance="a",circuit="storage_write"}',
    "0x29 2x60",
  ],
  "SsmdDiskLow": ['ssmd_process_disk_free_bytes{instance="a",folder="d"}', "50x29 9x60"],
  "SsmdDiskFull SsmdDiskLow": [
    'ssmd_process_disk_free_bytes{instance="a",folder="d"}',
    "50x29 2x60",
  ],
  "SsmdClockOff": ['ssmd_connector_clock_offset_seconds{instance="a"}', "0.001x29 -0.2x60"],
  "SsmdKeyExpires": ['ssmd_key_expires_in_days{key="k"}', "60x29 13x60"],
  "SsmdKeyExpired SsmdKeyExpires": ['ssmd_key_expires_in_days{key="k"}', "60x29 -1x60"],
  "SsmdSlowClients": [
    'ssmd_gateway_messages_dropped_total{instance="a",reason="drop_newest"}',
    "0x45 90x60",
  ],
  "SsmdSignalsLate": ['ssmd_signals_lag_seconds{instance="a"}', "0x29 5x60"],
  "SsmdSignalQuarantined": ['ssmd_signals_quarantined{instance="a"}', "0x29 1x60"],
  "SsmdJobFails": [
    'ssmd_jobs_ended_total{workflow="end-day",state="failed"}',
    "0x45 1x60",
  ],
  "SsmdShardImbalance": [
    'ssmd_connector_messages_received_total{instance="a",feed="f",shard="s1"}',
    "0+600x29 18000+60000x60",
  ],
  "SsmdUncaughtErrors": [
    'ssmd_process_uncaught_errors_total{instance="a",kind="error"}',
    "0x45 1x60",
  ],
};
/** No shard of the feed brings anything from minute 30 on. */
const SILENT = Object.fromEntries(
  Object.entries(WELL).filter(([series]) => series.includes("received_total"))
    .map(([series]) => [series, "0+500x29 15000x60"]),
);

/** Counters of processes that started at minute 45 and raised them before they were scraped. */
const RAISED_AT_START: Readonly<Record<string, string>> = {
  SsmdGap: 'ssmd_connector_messages_published_total{feed="f",type="gap",instance="new"}',
  SsmdBusGap: 'ssmd_archiver_bus_gaps_total{feed="f",instance="new"}',
  SsmdSpoolLost: 'ssmd_connector_spool_dropped_segments_total{feed="f",instance="new"}',
  SsmdDeadLetters: 'ssmd_archiver_dead_lettered_total{reason="payload",instance="new"}',
  SsmdJobFails: 'ssmd_jobs_ended_total{workflow="end-day",state="failed",instance="new"}',
  SsmdUncaughtErrors: 'ssmd_process_uncaught_errors_total{instance="new",kind="error"}',
};

/** The busier one of two shards of another feed. */
const BUSY_OF_TWO = {
  'ssmd_connector_messages_received_total{instance="a",feed="g",shard="s1"}':
    "0+600x29 18000+6000x60",
  'ssmd_connector_messages_received_total{instance="b",feed="g",shard="s2"}': "0+500x60",
};

/** A test of promtool: nothing fires at minute 28, and only these alerts do at minute 50. */
function promtoolTest(series: Record<string, string>, alerts: readonly string[]) {
  const expr = 'count by (alertname) (ALERTS{alertstate="firing"})';
  const firing = alerts.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 }));
  return {
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr, eval_time: "28m", exp_samples: [] },
      { expr, eval_time: "50m", exp_samples: firing },
    ],
  };
}

Deno.test({
  name: "each alert fires on its fault and no other does; on a machine that is well none fires",
  ...REAL,
  fn: async () => {
    const names = (await rules()).map(({ alert }) => alert);
    const covered = [...Object.keys(FAULTS).map((key) => key.split(" ")[0]), "SsmdNoData"];
    assert.deepEqual(names.toSorted(), covered.toSorted(), "an alert without a fault here");
    const tests = [
      promtoolTest(WELL, []),
      promtoolTest({ ...WELL, ...SILENT }, ["SsmdNoData"]),
      promtoolTest({ ...WELL, ...BUSY_OF_TWO }, ["SsmdShardImbalance"]),
      ...Object.entries(RAISED_AT_START).map(([alert, series]) =>
        promtoolTest({ ...WELL, [series]: "_x44 1x60" }, [alert])
      ),
      ...Object.entries(FAULTS).map(([alerts, [series, values]]) => {
        assert.ok(series in WELL, series);
        return promtoolTest({ ...WELL, [series]: values }, alerts.split(" "));
      }),
    ];
    const file = await Deno.makeTempFile({ suffix: ".yaml" });
    try {
      const rule_files = [`${FOLDER}alerts.yaml`, `${FOLDER}rules.yaml`];
      await Deno.writeTextFile(file, JSON.stringify({ rule_files, tests }));
      const { success, stdout, stderr } = await new Deno.Command("promtool", {
        args: ["test", "rules", file],
      }).output();
      const text = new TextDecoder();
      assert.ok(success, text.decode(stdout) + text.decode(stderr));
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("each alert has a runbook, and each runbook an alert", async () => {
  const text = await Deno.readTextFile(`${FOLDER}../../docs/alerts.md`);
  const headings = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name ?? "");
  const all = await rules();
  assert.deepEqual(all.map(({ alert }) => alert), headings);
  for (const { alert, annotations } of all) {
    assert.equal(annotations.runbook_url, `docs/alerts.md#${alert.toLowerCase()}`);
  }
});
