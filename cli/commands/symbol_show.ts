import { buildCommand, type Command } from "@stricli/core";
import { subjectOf } from "@ssmd/market";
import { todayUtc, versionOn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { show } from "../registry/show.ts";

/** `ssmd symbol show` */
export const command: Command<SsmdContext> = buildCommand<
  RegistryFlags,
  [string],
  SsmdContext
>({
  docs: docs("Show a symbol: the venue's name, the environments, the subjects", "", [
    "ssmd symbol show BTCUSD",
  ]),
  parameters: {
    flags: REGISTRY_FLAGS,
    positional: { kind: "tuple", parameters: [word("Our name of the market", "symbol")] },
  },
  async func(flags, symbol) {
    const registry = await Registry.open(this.globals);
    const environments = registry.names("environment").map((name) => registry.environment(name));
    const entries = environments.flatMap(({ name, symbols }) => {
      const entry = symbols[symbol];
      if (entry === undefined) return [];
      const types = versionOn(registry.feed(entry.feed), todayUtc())?.capabilities.types ?? [];
      const subjects = types.map((type) => subjectOf(name, entry.feed, type, symbol));
      return [[name, { ...entry, subjects }] as const];
    });
    if (entries.length === 0) {
      const all = new Set(environments.flatMap(({ symbols }) => Object.keys(symbols)));
      throw registry.unknown("symbol", symbol, [...all]);
    }
    show(this, { symbol, environments: Object.fromEntries(entries) }, flags.output);
  },
});
