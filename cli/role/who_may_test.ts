import assert from "node:assert/strict";
import { loadEnvironment } from "@ssmd/metadata";
import { mayActAs, ROLES } from "@ssmd/gateway/access";
import { SsmdError } from "@ssmd/runtime";
import { withGuardedGateway } from "@ssmd/gateway/testing/guarded_gateway";
import { COMMAND_INDEX } from "../command_index.ts";
import type { Command } from "../command/define.ts";
import type { SsmdContext } from "../context.ts";
import { allActions } from "./who_may.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const EXCHANGES = `${ROOT}exchanges`;

/** Commands that reach a gateway and ask nothing by themselves. */
const ASKS_NOTHING: ReadonlySet<string> = new Set(["mcp serve"]);
/** `tail` and `test compare` open streams; both statuses ask what runs here, and print what it refuses as its state. */
const NO_ANSWER: ReadonlySet<string> = new Set(["tail", "test compare", "status", "env status"]);

const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  "ask": ["which", "markets", "are", "there"],
  "env apply": ["demo"],
  "client set-mode": [1, "realtime"],
  "signal enable": ["spread_widens"],
  "signal disable": ["spread_widens"],
  "signal show": ["spread_widens"],
};
const FLAGS = { env: "demo", limit: 10, dryRun: true };

const CONTEXT = {
  process: { stdout: { write: () => {} }, stderr: { write: () => {} } },
  globals: { quiet: true, yes: true, dir: EXCHANGES },
} as unknown as SsmdContext;

async function loadCommands(): Promise<Map<string, Command>> {
  const loaded = Object.entries(COMMAND_INDEX).map(async ([name, { load }]) =>
    [name, (await load()).default] as const
  );
  return new Map(await Promise.all(loaded));
}

/** What a command asked, and the code with which it failed; "" = it did not. */
async function run(command: Command, url: string): Promise<{ asked: string[]; code: string }> {
  const asked: string[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    asked.push(`${init?.method ?? "GET"} ${new URL(String(input)).pathname}`);
    return fetch(input, init);
  };
  try {
    const args = ARGUMENTS[command.name] ?? [1];
    await command.run({ flags: { ...FLAGS, url }, args: args as never, context: CONTEXT });
    return { asked, code: "" };
  } catch (error) {
    // Also what an answer is read as when the service behind the route is away.
    return { asked, code: error instanceof SsmdError ? error.code : "OTHER" };
  } finally {
    globalThis.fetch = fetch;
  }
}

function isOf(request: string, asks: readonly string[]): boolean {
  return asks.some((ask) => new RegExp(`^${ask.replace(/\{\w+\}/g, "[^/]+")}$`).test(request));
}

Deno.test("a command that asks a running gateway declares what, and it is there", async () => {
  const actions = new Set((await allActions(CONTEXT, "demo")).map(({ action }) => action));
  for (const [name, { asks = [] }] of await loadCommands()) {
    for (const ask of asks) assert.ok(actions.has(ask), `${name} asks ${ask}, which is nowhere`);
    const words = name.replaceAll(/[ -]/g, "_").replace(/_test$/, "_test_command");
    const file = `${ROOT}cli/commands/${words}.ts`;
    const text = await Deno.readTextFile(file);
    const reaches =
      /\b(askGateway|requestGateway|gatewayUrl|switchesOf|readService|RunningSignals\.ask)\(/
        .test(text);
    const declares = asks.length > 0 || ASKS_NOTHING.has(name);
    assert.equal(declares, reaches, `${name}: declare in asks what it asks of a gateway`);
  }
});

Deno.test("every command is let in by exactly the roles of what it asks", async () => {
  const environment = await loadEnvironment(EXCHANGES, "demo");
  const clients = Object.fromEntries(ROLES.map((role) => [role, role]));
  const rbac = { environment: "test", clients, tokens: [], certificates: [] };
  const actions = await allActions(CONTEXT, "demo");
  const commands = await loadCommands();
  await withGuardedGateway(async (rig) => {
    for (const role of ROLES) {
      Deno.env.set("SSMD_API_KEY", await rig.key(role, {}, {}));
      for (const { kind, action, needs } of actions) {
        const command = commands.get(action);
        if (kind !== "command" || command === undefined || NO_ANSWER.has(action)) continue;
        const { asked, code } = await run(command, rig.gateway.url);
        const other = asked.find((request) => !isOf(request, command.asks ?? []));
        assert.equal(other, undefined, `${action} asks what it does not declare`);
        assert.ok(asked.length > 0, `${action} asked nothing: ${code}`);
        const reported = `${action} as ${role}: ${code}`;
        assert.equal(code === "ROLE_MISSING", !mayActAs(role, needs), reported);
      }
    }
  }, { rbac, environment, registryDir: EXCHANGES }).finally(() => {
    Deno.env.delete("SSMD_API_KEY");
  });
});
