import {
  type Application,
  type CommandContext,
  generateHelpTextForAllCommands,
  type RouteMap,
} from "@stricli/core";
import assert from "node:assert/strict";
import type { SsmdContext } from "./context.ts";
import { buildApp, COMMANDS } from "./app.ts";

Deno.test("every command has help with an example", async () => {
  const app = await buildApp([], true) as unknown as Application<CommandContext>;
  for (const [route, help] of generateHelpTextForAllCommands(app)) {
    assert.match(help, /EXAMPLES\n\s+ssmd /, `${route} has no example`);
  }
});

Deno.test("the line in the list of commands is the command's own", async () => {
  const root = (await buildApp([], true)).root as RouteMap<SsmdContext>;
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const target = root.getRoutingTargetForInput(name);
    assert.equal(target?.brief, entry.brief);
    if ("load" in entry) continue;
    for (const [word, each] of Object.entries(entry.routes)) {
      const below = (target as RouteMap<SsmdContext>).getRoutingTargetForInput(word);
      assert.equal(below?.brief, each.brief);
    }
  }
});
