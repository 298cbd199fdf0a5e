import assert from "node:assert/strict";
import { MCP_REVISIONS, mcpConformance } from "../../tests/contract/mcp_conformance.ts";
import { withGateway } from "../testing/gateway_rig.ts";
import { exampleServer } from "./testing/example_server.ts";

/** Checks that pass: all of a revision but those of tasks. */
const PASSED = { "2025-11-25": 81, "2026-07-28": 150 };
/** What would be better, says the suite without scoring it: streams that a client may resume. */
const NOT_SCORED = {
  "2025-11-25": ["server-sse-priming-event", "server-sse-retry-field"],
  "2026-07-28": [],
};

/**
 * The suite asks for tools, prompts and resources of its own example. They stand here in place of the tools,
 * behind the gateway's own endpoint: its checks of origin and host, its sessions, both eras. What the tools'
 * server itself answers to the suite is in tests/e2e/mcp_test.ts.
 */
for (const revision of MCP_REVISIONS) {
  Deno.test(`the MCP endpoint passes every check of the official suite for ${revision}`, () =>
    withGateway(
      async ({ gateway }) => {
        const { passed, missed, report } = await mcpConformance(`${gateway.url}/mcp`, revision);
        assert.deepEqual(missed, NOT_SCORED[revision], report);
        assert.equal(passed, PASSED[revision]);
      },
      true,
      { mcpServer: exampleServer },
    ));
}
