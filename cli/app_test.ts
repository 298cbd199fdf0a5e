import {
  type Application,
  type CommandContext,
  generateHelpTextForAllCommands,
  type RouteMap,
} from "@stricli/core";
import assert from "node:assert/strict";
import type { SsmdContext } from "./context.ts";
import { buildApp, COMMANDS, type Group, wordsOf } from "./app.ts";

Deno.test("every command has help with an example", async () => {
  const app = await buildApp([], true) as unknown as Application<CommandContext>;
  for (const [route, help] of generateHelpTextForAllCommands(app)) {
    assert.match(help, /EXAMPLES\n\s+ssmd /, `${route} has no example`);
  }
});

Deno.test("the line in the list of commands is the command's own", async () => {
  const check = (map: RouteMap<SsmdContext>, entries: Group["routes"]) => {
    for (const [name, entry] of Object.entries(entries)) {
      const target = map.getRoutingTargetForInput(name);
      assert.equal(target?.brief, entry.brief);
      if ("routes" in entry) check(target as RouteMap<SsmdContext>, entry.routes);
    }
  };
  check((await buildApp([], true)).root as RouteMap<SsmdContext>, COMMANDS);
});

Deno.test("the words that name a command are told from what follows them", () => {
  const words = (line: string) => wordsOf(line.split(" "));
  assert.equal(words("up now"), 1);
  assert.equal(words("archive cat file"), 2);
  assert.equal(words("client api-key create desk"), 3);
  assert.equal(words("client create desk"), 2);
  assert.equal(words("client bogus x"), 2);
  assert.equal(words("client"), 1);
});
