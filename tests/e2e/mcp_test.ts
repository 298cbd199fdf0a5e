import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { eventually, Folder, RunningUp } from "./_process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const CONFORMANCE = "npm:@modelcontextprotocol/conformance@0.2.0-alpha.12";

/** Least checks that pass in each era, and most that ask for what only the suite's own example has. */
const ERAS = {
  "2025-11-25": { passedMin: 37, excusedMax: 24 },
  "2026-07-28": { passedMin: 100, excusedMax: 35 },
} as const;
/** What the suite says of tools, resources and capabilities of its own example server. */
const OF_ITS_EXAMPLE =
  /There is no tool "test_|'json_schema_2020_12_tool' not found|Resource not found: test:|^Not testable: |initial InputRequiredResult|Expected InputRequiredResult/;
/** Scenarios of capabilities that the server does not declare. */
const NOT_DECLARED =
  /-(completion-complete|logging-set-level|tools-call-with-logging|prompts-get-[\w-]+|resources-(un)?subscribe|input-required-result-non-tool-request)-/;

/** Arguments with which each tool finds something in the demo; absent = none. */
const ARGUMENTS: Readonly<Record<string, Record<string, string | number>>> = {
  get_market: { symbol: "BTCUSD" },
  get_trades: { symbol: "BTCUSD", limit: 3 },
  get_orderbook: { symbol: "BTCUSD" },
  query_historical: { symbol: "BTCUSD", kind: "candles" },
  get_signal_history: { id: "imbalance_flip" },
  test_signal: { id: "imbalance_flip" },
  create_signal: { words: "when it rains" },
  report_issue: { kind: "other", text: "which day is open?" },
};

/** What a program in Python does with every tool, over the transport that it is told. */
const PYTHON = `
import asyncio, json, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

ARGUMENTS = json.loads('${JSON.stringify(ARGUMENTS)}')

async def call(call_tool, name):
    while True:
        result = await call_tool(name, ARGUMENTS.get(name, {}))
        answer = json.loads(result.content[0].text)
        if answer.get("error", {}).get("code") != "TOO_MANY_CALLS":
            return answer
        await asyncio.sleep(1)

async def use(tools, call_tool, read_resource):
    called = {tool.name: await call(call_tool, tool.name) for tool in tools}
    # Ten calls at once are a client's share.
    await asyncio.sleep(2)
    status = json.loads((await read_resource("ssmd://status"))[0].text)
    print(json.dumps({"called": called, "status": status}))

async def use_session(read, write):
    async with ClientSession(read, write) as session:
        await session.initialize()
        async def resource(uri):
            return (await session.read_resource(uri)).contents
        await use((await session.list_tools()).tools, session.call_tool, resource)

async def use_fastmcp(kind, rest):
    from fastmcp import Client
    server = {"command": rest[0], "args": ["mcp", "serve", "--url", rest[-1]]}
    target = rest[0] + "/mcp" if kind == "http" else {"mcpServers": {"ssmd": server}}
    async with Client(target) as client:
        await use(await client.list_tools(), client.call_tool_mcp, client.read_resource)

async def main():
    package, kind, *rest = sys.argv[1:]
    if package == "fastmcp":
        await use_fastmcp(kind, rest)
    elif kind == "http":
        async with streamable_http_client(rest[0] + "/mcp") as (read, write, *_):
            await use_session(read, write)
    else:
        command = StdioServerParameters(command=rest[0], args=["mcp", "serve", "--url", rest[1]])
        async with stdio_client(command) as (read, write):
            await use_session(read, write)

asyncio.run(main())
`;

async function run(command: string, args: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout) + (code === 0 ? "" : text.decode(stderr)) };
}

/** Calls a tool as soon as its client may. */
async function callTool(client: Client, name: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { content } = await client.callTool({ name, arguments: ARGUMENTS[name] ?? {} });
    const answer = JSON.parse((content as { text: string }[])[0]?.text ?? "");
    if (answer.error?.code !== "TOO_MANY_CALLS") return answer;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function withUp(test: (url: string) => Promise<void>): Promise<void> {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await eventually("trades of every market", async () => {
    const { markets } = await (await fetch(`${url}/v1/markets`)).json();
    return markets.every(({ last_price }: { last_price: number | null }) => last_price !== null);
  });
  await test(url);
}

async function hasPython(name: string): Promise<boolean> {
  const { code, out } = await run("python3", ["-c", `import ${name}`]);
  if (code !== 0 && REQUIRED) throw new Error(`the Python package ${name} is missing: ${out}`);
  return code === 0;
}

Deno.test("programs in Python and TypeScript call every tool over HTTP and stdio", async (t) => {
  await withUp(async (url) => {
    for (const client of ["mcp", "fastmcp"]) {
      if (!await hasPython(client)) continue;
      for (const args of [["http", url], ["stdio", `${ROOT}cli/ssmd`, url]]) {
        await t.step(`Python's ${client} over ${args[0]}`, async () => {
          const { code, out } = await run("python3", ["-c", PYTHON, client, ...args]);
          assert.equal(code, 0, out);
          const { called, status } = JSON.parse(out);
          assert.ok(Object.keys(called).length === 12, out);
          for (const [name, answer] of Object.entries(called)) {
            assert.ok("data" in (answer as object), `${name}: ${JSON.stringify(answer)}`);
          }
          assert.equal(status.data.env, "demo");
        });
      }
    }
    await t.step("TypeScript over stdio", async () => {
      const client = new Client({ name: "test", version: "1" });
      await client.connect(
        new StdioClientTransport({
          command: `${ROOT}cli/ssmd`,
          args: ["mcp", "serve", "--url", url],
          stderr: "ignore",
        }),
      );
      const { tools } = await client.listTools();
      assert.equal(tools.length, 12);
      for (const { name } of tools) {
        const answer = await callTool(client, name);
        assert.ok("data" in answer, `${name}: ${JSON.stringify(answer)}`);
      }
      await client.close();
      const { clients } = await (await fetch(`${url}/v1/admin/tool-clients`)).json();
      assert.ok(clients.some((one: { transport: string }) => one.transport === "stdio"));
    });
  });
});

/** A check of the suite, with the scenario that it belongs to. */
interface Check {
  scenario: string;
  id: string;
  status: string;
  errorMessage?: string;
}

function checksIn(folder: string): Check[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name: scenario }) => {
    const text = Deno.readTextFileSync(`${folder}/${scenario}/checks.json`);
    return (JSON.parse(text) as Check[]).map((check) => ({ ...check, scenario }));
  });
}

/** Whether a check failed, of what this server says that it can: tasks are an extension of the protocol. */
function isFailed({ scenario, status }: Check): boolean {
  return status === "FAILURE" && !scenario.startsWith("server-tasks-");
}

/** Whether it failed for what the suite's example server has and this one has not. */
function isExcused({ scenario, errorMessage = "" }: Check): boolean {
  const isMissing = errorMessage.includes("Method not found") && NOT_DECLARED.test(scenario);
  return isMissing || OF_ITS_EXAMPLE.test(errorMessage);
}

Deno.test("the official conformance suite finds nothing wrong in either protocol era", async (t) => {
  await withUp(async (url) => {
    for (const [version, { passedMin, excusedMax }] of Object.entries(ERAS)) {
      await t.step(version, async () => {
        await using folder = new Folder();
        const { out } = await run(Deno.execPath(), [
          ...["run", "-qA", "--frozen", "--cached-only", `--config=${ROOT}deno.json`, CONFORMANCE],
          ...["server", "--url", `${url}/mcp`, "--requirements", version, "-o", folder.path],
        ]);
        const checks = checksIn(folder.path);
        const failed = checks.filter(isFailed);
        const excused = failed.filter(isExcused);
        assert.deepEqual(failed.filter((check) => !isExcused(check)), [], out);
        assert.ok(excused.length <= excusedMax, `${excused.length} are excused\n${out}`);
        const passed = checks.filter(({ status }) => status === "SUCCESS").length;
        assert.ok(passed >= passedMin, `${passed} passed\n${out}`);
      });
    }
  });
});
