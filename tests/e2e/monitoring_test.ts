import assert from "node:assert/strict";
import { startSimulator } from "@ssmd/simulator";
import { parse } from "yaml";
import { DASHBOARDS } from "../../deploy/grafana/dashboards.ts";
import { type Prometheus, prometheusAvailable, startPrometheus } from "../servers/prometheus.ts";
import { eventually, Folder, RunningUp } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const RULES = new URL("../../deploy/prometheus/", import.meta.url);
const DAY_MS = 86_400_000;
const ENV = "watched";
/** How full the disk is on which tests run is none of their business. */
const OF_THE_MACHINE = ["SsmdDiskLow", "SsmdDiskFull"];
/** Answer of chrony: nobody keeps this clock, though it is not far off. */
const CHRONY = "C0A80001,192.168.0.1,3,1.0,-0.2,0.0,0.0,0.0,0.0,0.0,0.0,0.0,8.0,Normal";

/** A feed of a simulator, a signal, a key that is over its time, and a chrony that tells an offset. */
async function writeProject(folder: string, endpoint: string): Promise<void> {
  await writeRegistry(folder, {
    name: ENV,
    feeds: { kraken: { symbols: { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" }, endpoint } },
  });
  const file = `${folder}/exchanges/environments/${ENV}.yaml`;
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      ...JSON.parse(await Deno.readTextFile(file)),
      keys: { old: { type: "api_key", fields: ["id"], source: "env", rotation_days: 90 } },
      signals: { imbalance_flip: {} },
    }),
  );
  await Deno.mkdir(`${folder}/exchanges/rotation`);
  const rotatedAt = new Date(Date.now() - 100 * DAY_MS).toISOString();
  await Deno.writeTextFile(
    `${folder}/exchanges/rotation/${ENV}.yaml`,
    `old: { rotated_at: ${rotatedAt} }\n`,
  );
  await Deno.mkdir(`${folder}/bin`);
  await Deno.writeTextFile(`${folder}/bin/chronyc`, `#!/bin/sh\necho '${CHRONY}'\n`, {
    mode: 0o755,
  });
}

/** Our rules as they are, but for their times: seconds in place of minutes. */
async function writeFastRules(folder: string): Promise<string[]> {
  const files = ["alerts.yaml", "rules.yaml"];
  for (const name of files) {
    const text = await Deno.readTextFile(new URL(name, RULES));
    const fast = text.replace(/^ +for: .*\n/gm, "").replace(/\[\d+[mh]\]/g, "[20s]");
    await Deno.writeTextFile(`${folder}/${name}`, fast);
  }
  return files;
}

async function firing(prometheus: Prometheus): Promise<string[]> {
  const alerts = await prometheus.query('ALERTS{alertstate="firing"}');
  const names = new Set(alerts.map(({ labels }) => labels["alertname"] ?? ""));
  return [...names].filter((name) => !OF_THE_MACHINE.includes(name)).sort();
}

/** Names of our metrics in an expression. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\bssmd_[a-z_]+[a-z]\b(?!_)/g)].map(([name]) => name);
}

async function alertExpressions(): Promise<string[]> {
  const texts = await Promise.all(
    ["alerts.yaml", "rules.yaml"].map((name) => Deno.readTextFile(new URL(name, RULES))),
  );
  return texts.flatMap((text) => parse(text).groups[0].rules)
    .map(({ expr }: { expr: string }) => expr);
}

Deno.test({
  name: "Prometheus has data for each panel and metrics for each alert, and tells what is broken",
  ignore: !prometheusAvailable(),
  fn: async (t) => {
    await using folder = new Folder();
    const source = { type: "model", seed: 7, ratePerSecond: 200 } as const;
    const simulator = await startSimulator({ venue: "kraken", source });
    let isClosed = false;
    try {
      await writeProject(folder.path, simulator.url);
      await using up = new RunningUp(["--env", ENV], {
        ...{ cwd: folder.path, permissions: "-A" as const },
        env: { PATH: `${folder.path}/bin:${Deno.env.get("PATH")}`, SSMD_KEY_OLD_ID: "x" },
      });
      const target = new URL(await up.url()).host;
      await up.line("running");
      await using prometheus = await startPrometheus(
        folder.path,
        JSON.stringify({
          global: { scrape_interval: "1s", evaluation_interval: "500ms" },
          rule_files: await writeFastRules(folder.path),
          scrape_configs: [{ job_name: "ssmd", static_configs: [{ targets: [target] }] }],
        }),
      );

      await t.step("each metric of alerts and dashboards is declared", async () => {
        const text = await (await fetch(`http://${target}/metrics`)).text();
        const declared = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
        const panels = DASHBOARDS.flatMap(({ panels }) => panels.flatMap(({ lines }) => lines));
        const used = [...await alertExpressions(), ...panels.map(([expression]) => expression)]
          .flatMap(metricsIn);
        assert.ok(used.length > 50);
        for (const name of new Set(used)) {
          const known = declared.has(name) || declared.has(name.replace(/_bucket$/, ""));
          assert.ok(known, `${name} is used, but no process has it`);
        }
      });

      await t.step("each panel draws something", async () => {
        for (const { name, panels } of DASHBOARDS) {
          for (const { title, lines } of panels) {
            for (const [expression] of lines) {
              await eventually(
                `data for "${title}" of ${name}: ${expression}`,
                async () => (await prometheus.query(expression)).length > 0,
              );
            }
          }
        }
      });

      await t.step(
        "a clock that is off and a key that is too old are told, nothing else",
        async () => {
          const expected = ["SsmdClockOff", "SsmdKeyExpired", "SsmdKeyExpires"];
          await eventually("these alerts", async () => {
            const names = await firing(prometheus);
            return expected.every((name) => names.includes(name));
          });
          // Counts of the first seconds leave the window.
          await eventually(
            "an end of the others",
            async () => JSON.stringify(await firing(prometheus)) === JSON.stringify(expected),
          );
        },
      );

      await t.step("frames that are garbage are told", async () => {
        simulator.fault({ type: "rubbish", what: "json" });
        await eventually(
          "SsmdFramesUnreadable",
          async () => (await firing(prometheus)).includes("SsmdFramesUnreadable"),
        );
      });

      await t.step("a venue that is gone is told: no connection, no data, a gap", async () => {
        isClosed = true;
        await simulator.close();
        const expected = ["SsmdDisconnected", "SsmdNoData", "SsmdGap", "SsmdNotReady"];
        const seen = new Set<string>();
        await eventually(expected.join(), async () => {
          for (const name of await firing(prometheus)) seen.add(name);
          return expected.every((name) => seen.has(name));
        });
      });
    } finally {
      if (!isClosed) await simulator.close();
    }
  },
});
