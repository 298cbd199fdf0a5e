import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { MCP_REVISIONS, mcpConformance } from "../contract/mcp_conformance.ts";
import { ARGUMENTS, callWhenAllowed, TOOLS, withDemo } from "./_tool_calls.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
/** Checks of the official suite that pass with the tools. */
const PASSED = { "2025-11-25": 43, "2026-07-28": 95 };
/** What the suite asks of tools, prompts and resources of its own example; here there are none of them. */
const OF_ITS_EXAMPLE = [
  ...["completion-complete", "json-schema-2020-12-tool-found", "prompts-get-embedded-resource"],
  ...["prompts-get-simple", "prompts-get-with-args", "prompts-get-with-image"],
  ...["resources-read-binary", "resources-read-text", "resources-templates-read"],
  ...["tools-call-audio", "tools-call-embedded-resource", "tools-call-error", "tools-call-image"],
  ...["tools-call-mixed-content", "tools-call-simple-text", "tools-call-with-progress"],
];
/** The same of one revision, and streams that a client may resume, which the suite does not score. */
const OF_A_REVISION = {
  "2025-11-25": [
    ...["elicitation-sep1034-general", "elicitation-sep1330-general", "logging-set-level"],
    ...["resources-subscribe", "resources-unsubscribe", "server-sse-priming-event"],
    ...["server-sse-retry-field", "tools-call-elicitation", "tools-call-sampling"],
    "tools-call-with-logging",
  ],
  "2026-07-28": [
    ...["sep-2243-server-no-xmcp-tool", "sep-2243-server-decode-base64"],
    ...["sep-2243-server-validate-param-match", "sep-2243-server-reject-invalid-param-chars"],
    ...["sep-2243-server-reject-param-mismatch", "sep-2322-elicitation-incomplete"],
    ...["sep-2322-list-roots-incomplete", "sep-2322-sampling-incomplete"],
    ...["sep-2322-respect-client-capabilities", "sep-2322-ignore-unexpected-params"],
    ...["sep-2322-missing-response-rerequests", "sep-2322-multi-round-r1"],
    ...["sep-2322-multiple-inputs-incomplete", "sep-2322-non-tool-incomplete"],
    ...["sep-2322-request-state-incomplete", "sep-2322-result-type-included"],
    ...["sep-2322-reject-tampered-state", "sep-2575-server-rejects-undeclared-capability"],
    ...["sep-2575-missing-capability-http-400"],
    ...["sep-2575-http-server-no-independent-requests-on-stream"],
    ...["sep-2575-server-no-log-without-loglevel"],
  ],
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

async function hasPython(name: string): Promise<boolean> {
  const { code, out } = await run("python3", ["-c", `import ${name}`]);
  if (code !== 0 && REQUIRED) throw new Error(`the Python package ${name} is missing: ${out}`);
  return code === 0;
}

Deno.test("programs in Python and TypeScript call every tool over HTTP and stdio", async (t) => {
  await withDemo(async (url) => {
    for (const client of ["mcp", "fastmcp"]) {
      if (!await hasPython(client)) continue;
      for (const args of [["http", url], ["stdio", `${ROOT}cli/ssmd`, url]]) {
        await t.step(`Python's ${client} over ${args[0]}`, async () => {
          const { code, out } = await run("python3", ["-c", PYTHON, client, ...args]);
          assert.equal(code, 0, out);
          const { called, status } = JSON.parse(out);
          assert.ok(Object.keys(called).length === TOOLS, out);
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
      assert.equal(tools.length, TOOLS);
      for (const { name } of tools) {
        const answer = await callWhenAllowed(async () => {
          const { content } = await client.callTool({ name, arguments: ARGUMENTS[name] ?? {} });
          return (content as { text: string }[])[0]?.text ?? "";
        });
        assert.ok("data" in answer, `${name}: ${JSON.stringify(answer)}`);
      }
      await client.close();
      const { clients } = await (await fetch(`${url}/v1/admin/tool-clients`)).json();
      assert.ok(clients.some((one: { transport: string }) => one.transport === "stdio"));
    });
  });
});

Deno.test("the tools pass what the official suite asks of any server, in either revision", async (t) => {
  await withDemo(async (url) => {
    for (const revision of MCP_REVISIONS) {
      await t.step(revision, async () => {
        const { passed, missed, report } = await mcpConformance(`${url}/mcp`, revision);
        const expected = [...OF_ITS_EXAMPLE, ...OF_A_REVISION[revision]].sort();
        assert.deepEqual(missed, expected, report);
        assert.equal(passed, PASSED[revision]);
      });
    }
  });
});
