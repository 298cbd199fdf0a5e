/**
 * Processor time that a gateway takes for one request over `/mcp`, by tool and by revision of the
 * protocol: `deno task bench mcp [--calls=100] [--rounds=12]`. One connection, one request after another;
 * what the idle process takes is left out. Tools take turns. Other work on the machine only adds to
 * it (a shared core and its caches make the same code slower): the least of the rounds is the cost.
 */
import { Agent, request } from "node:http";
import { parseArgs } from "node:util";
import { SERVING_V8, SERVING_VARIABLES } from "../deploy/serving.ts";
import { Talker } from "./gateway_processes.ts";
import { median } from "./measure.ts";

const GOAL_MS = 1;
const IDLE_MS = 2_000;
const REVISIONS = ["2026-07-28", "2025-11-25"] as const;

/** Arguments of each tool. */
const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  list_markets: {},
  get_market: { symbol: "M7" },
  get_trades: { symbol: "M7" },
  get_orderbook: { symbol: "M7" },
  query_historical: { symbol: "M7", kind: "candles" },
  data_inventory: {},
  system_status: {},
  report_issue: { kind: "other", text: "which day is open?" },
  list_signals: {},
  get_signal_history: { id: "signal_0" },
  test_signal: { id: "signal_0" },
  create_signal: { thread: "d-1" },
};

/** A request as a client of one revision sends it. */
interface Call {
  /** Name and revision. */
  id: string;
  /** Of its tool, else of its method. */
  name: string;
  headers: Record<string, string>;
  body: string;
}

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The list of tools and a call of each. */
function callsOf(revision: (typeof REVISIONS)[number]): Call[] {
  const isNewer = revision === "2026-07-28";
  const call = (method: string, name: string, params: object): Call => ({
    id: `${name || method} ${revision}`,
    name: name || method,
    headers: {
      ...{ "content-type": "application/json", "mcp-protocol-version": revision },
      accept: "application/json, text/event-stream",
      ...(isNewer ? { "mcp-method": method, ...(name === "" ? {} : { "mcp-name": name }) } : {}),
    },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method },
      params: isNewer ? { ...params, _meta: META } : params,
    }),
  });
  return [
    call("tools/list", "", {}),
    ...Object.entries(ARGUMENTS).map(([name, args]) =>
      call("tools/call", name, { name, arguments: args })
    ),
  ];
}

/** Sends one request over a connection that is kept. Throws where the answer is none of a tool. */
function send(agent: Agent, port: number, { name, headers, body }: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { agent, port, host: "127.0.0.1", path: "/mcp", method: "POST", headers };
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => text += chunk).on("end", () => {
        const isAnswer = response.statusCode === 200 && /"(content|tools)":/.test(text);
        if (isAnswer && !text.includes('"isError":true')) resolve();
        else reject(new Error(`${name}: ${response.statusCode} ${text.slice(0, 500)}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The gateway under test, see mcp_server.ts. */
function startServer(): Talker {
  const server = new URL("mcp_server.ts", import.meta.url).pathname;
  return new Talker("deno", ["run", "-A", "--frozen", SERVING_V8, server], SERVING_VARIABLES);
}

/** Processor time of the server while something runs, ms, without what it takes when idle. */
async function cpuMsOf(server: Talker, idleShare: number, run: () => Promise<void>) {
  const [before, startMs] = [await server.ask<number>("cpu"), performance.now()];
  await run();
  const elapsedMs = performance.now() - startMs;
  return (await server.ask<number>("cpu") - before) / 1000 - idleShare * elapsedMs;
}

async function main(calls: number, rounds: number): Promise<void> {
  const server = startServer();
  const port = Number(await server.line());
  const idle = () => new Promise<void>((resolve) => setTimeout(resolve, IDLE_MS));
  const share = await cpuMsOf(server, 0, idle) / IDLE_MS;
  const found = new Map<string, number[]>();
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const call of REVISIONS.flatMap(callsOf)) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const cpuMs = await cpuMsOf(server, share, async () => {
        for (let i = 0; i < calls; i++) await send(agent, port, call);
      });
      agent.destroy();
      if (round > 0) found.set(call.id, [...found.get(call.id) ?? [], cpuMs / calls]);
    }
  }
  await server.end();
  console.log(
    `CPU ms a request, least and median of ${rounds} rounds of ${calls}; goal ${GOAL_MS}`,
  );
  console.log(`${"".padEnd(20)} ${REVISIONS.map((revision) => revision.padEnd(14)).join("")}`);
  for (const { name } of callsOf(REVISIONS[0])) {
    const cells = REVISIONS.map((revision) => {
      const rounds = found.get(`${name} ${revision}`) ?? [];
      return `${Math.min(...rounds).toFixed(2)}  ${median(rounds).toFixed(2)}`.padEnd(14);
    });
    console.log(`${name.padEnd(20)} ${cells.join("")}`);
  }
}

const { values } = parseArgs({
  args: Deno.args,
  options: { calls: { type: "string" }, rounds: { type: "string" } },
});
await main(Number(values.calls ?? "100"), Number(values.rounds ?? "12"));
