import assert from "node:assert/strict";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { Page } from "../browser/chromium.ts";
import { Health, readinessReport } from "@ssmd/runtime";
import { type NatsServer, natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { browserTest, says, shows } from "./_page.ts";
import { eventually } from "./_process.ts";
import { ENV, Rig } from "./_rig.ts";

const FEED = "kraken";
const STREAM = `ssmd-${ENV}`;
const WELL = says("#conditions-state", /^All parts do their work$/);

/** What a fault is done to. */
interface Bench {
  rig: Rig;
  server: NatsServer;
  manager: JetStreamManager;
}

/** A fault that is done to a capture that runs, and what a person sees of it. */
interface FaultRow {
  /** As the table of `docs/operate.md` has it. */
  fault: string;
  provoke: (bench: Bench) => Promise<void> | void;
  /** Ends it; absent = it ends by itself. */
  mend?: (bench: Bench) => Promise<void> | void;
  /** What the metric's samples add up to while it lasts; default more than before. */
  metric?: (sum: number) => boolean;
  /** Expression of what the page shows; default: the condition with its reason. */
  page?: string;
}

const conditionShown = (reason: RegExp) => says("#condition-rows", reason);

const ROWS: readonly FaultRow[] = [
  {
    fault: "frame unreadable",
    provoke: ({ rig }) => rig.simulator(FEED).fault({ type: "rubbish", what: "json" }),
    page: says("#dead-letters", /connector \d.*ssmd dlq list/),
  },
  {
    fault: "subscription refused",
    provoke: ({ rig }) => {
      rig.simulator(FEED).fault({ type: "refuse", symbol: "BTC/USD", count: 6 });
      rig.simulator(FEED).fault({ type: "drop" });
    },
    page: conditionShown(/connector kraken: .*BTC.* since \d/),
  },
  {
    fault: "bus away",
    provoke: ({ server }) => server.kill(),
    mend: ({ server }) => server.restart(),
    metric: (sum) => sum >= 0,
    page: conditionShown(/archiver: the bus is away.*connector kraken: the bus is away since \d/),
  },
  {
    fault: "consumer deleted",
    provoke: async ({ manager }) => {
      for await (const { name, config } of manager.consumers.list(STREAM)) {
        if (config.durable_name !== undefined) await manager.consumers.delete(STREAM, name);
      }
    },
    metric: (sum) => sum >= 0,
    page: WELL,
  },
  {
    fault: "stream deleted",
    provoke: async ({ manager }) => void await manager.streams.delete(STREAM),
    metric: (sum) => sum >= 0,
    page: WELL,
  },
  {
    fault: "storage away",
    provoke: async ({ rig: { dataDir } }) => {
      await Deno.rename(`${dataDir}/normalized`, `${dataDir}/away`);
      await Deno.writeTextFile(`${dataDir}/normalized`, "");
    },
    mend: async ({ rig: { dataDir } }) => {
      await Deno.remove(`${dataDir}/normalized`);
      await Deno.rename(`${dataDir}/away`, `${dataDir}/normalized`);
    },
    // A folder that is no folder answers: the breaker is for what does not.
    metric: (sum) => sum >= 0,
    page: conditionShown(/archiver: .*since \d/),
  },
  {
    fault: "venue away",
    provoke: async ({ rig }) => {
      await rig.simulator(FEED).close();
      rig.simulators.delete(FEED);
    },
    metric: (sum) => sum === 0,
    page: conditionShown(/connector kraken: .*venue.*since \d/),
  },
];

interface DocumentedFault {
  fault: string;
  log: string;
  metric: string;
  /** "" = none: the fault is seen by its gap or its dead letter. */
  condition: string;
}

/** The table of faults in `docs/operate.md`. */
async function documentedFaults(): Promise<DocumentedFault[]> {
  const text = await Deno.readTextFile(new URL("../../docs/operate.md", import.meta.url));
  const word = (cell = "") => cell.trim().replaceAll("`", "").replace(/^–$/, "");
  const table = text.split("\n## What each fault looks like\n")[1]?.split("\n## ")[0] ?? "";
  return table.split("\n").filter((line) => line.startsWith("|")).slice(2).map((line) => {
    const [, fault, , log, metric, condition] = line.split("|").map(word);
    assert.ok(fault && metric && condition !== undefined, line);
    return { fault, log: log ?? "", metric, condition };
  });
}

async function documented(fault: string): Promise<DocumentedFault> {
  const found = (await documentedFaults()).find((each) => each.fault === fault);
  assert.ok(found?.log, `the table has no fault "${fault}"`);
  return found;
}

async function metricsOf(url: string): Promise<string[]> {
  return (await (await fetch(`${url}/metrics`)).text()).split("\n");
}

/** What the samples of a metric add up to. */
async function sumOf(url: string, metric: string): Promise<number> {
  return (await metricsOf(url))
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

async function readiness(
  url: string,
): Promise<{ ready: boolean; conditions: { condition: string }[] }> {
  return await (await fetch(`${url}/health/ready`)).json();
}

async function assertSeen(page: Page, bench: Bench, row: FaultRow): Promise<void> {
  const { rig: { up } } = bench;
  const url = await up.url();
  const { log, metric, condition } = await documented(row.fault);
  const before = await sumOf(url, metric);
  const from = up.lines.length;
  await row.provoke(bench);
  await up.until(
    `${row.fault}: log "${log}"`,
    () => up.lines.slice(from).some((line) => JSON.stringify(line).includes(log)),
  );
  await eventually(`${row.fault}: ${metric}`, async () => {
    const sum = await sumOf(url, metric);
    return row.metric?.(sum) ?? sum > before;
  });
  if (condition) {
    await eventually(`${row.fault}: condition ${condition}`, async () => {
      const { ready, conditions } = await readiness(url);
      const failing = `condition="${condition}"} 1`;
      return !ready && conditions.some((each) => each.condition === condition) &&
        (await metricsOf(url)).some((line) =>
          line.startsWith("ssmd_process_condition_failing{") && line.endsWith(failing)
        );
    });
  }
  await shows(page, row.page ?? WELL);
  await row.mend?.(bench);
}

browserTest("each fault is seen in log, metric, readiness and on the page", async (page) => {
  if (!natsServerAvailable()) return;
  const server = await startNatsServer();
  await using rig = await Rig.start({ venues: [FEED], natsUrl: server.url });
  await rig.allLive();
  const connection = await connect({
    ...{ servers: [server.url], maxReconnectAttempts: -1, reconnectTimeWait: 100 },
  });
  const bench = { rig, server, manager: await jetstreamManager(connection) };
  await page.resize(1280, 800, true);
  await page.goto(`${await rig.up.url()}/#/capture`);
  for (const row of ROWS) {
    await shows(page, WELL);
    await assertSeen(page, bench, row);
  }
  await connection.close();
  await server.stop();
});

/** What `/health/ready` answers while all documented conditions fail at once. */
function allFailing(faults: readonly DocumentedFault[]) {
  const health = new Health();
  for (const { fault, condition } of faults) {
    health.component("connector", "kraken").requireForReadiness(
      condition,
      () => `${condition}: ${fault}`,
    );
  }
  return readinessReport(health);
}

browserTest("the page shows each condition of the table with its reason", async (page) => {
  const faults = (await documentedFaults()).filter(({ condition }) => condition !== "");
  assert.ok(faults.length >= 12, `${faults.length} conditions are documented`);
  await using rig = await Rig.start({ venues: [FEED] });
  await rig.allLive();
  const answer = JSON.stringify(allFailing(faults));
  await page.prepare(`{
    const real = globalThis.fetch;
    globalThis.fetch = (...args) => String(args[0]).includes("/health/ready")
      ? Promise.resolve(new Response(${JSON.stringify(answer)}, { status: 503 }))
      : real(...args);
  }`);
  await page.goto(`${await rig.up.url()}/#/capture`);
  await shows(page, says("#conditions-state", /^Not all parts do their work$/));
  for (const { fault, condition } of faults) {
    await shows(page, conditionShown(new RegExp(`connector kraken: ${condition}: ${fault} since`)));
  }
});
