import { z } from "zod";
import { symbolsByShard } from "@ssmd/metadata";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { rowsOf } from "../command/table.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

const APPLIED = z.object({ added: z.array(z.string()), changed: z.array(z.string()) });

export default defineCommand({
  name: "shard apply",
  brief: "Move symbols between the shards of a running environment as its file says",
  description:
    "Like ssmd env apply, for shards: the connector that had a symbol unsubscribes and " +
    "releases it, then the new one subscribes it. The time between is a gap of that symbol; " +
    "no record comes twice, and all other symbols continue. A shard that is down releases " +
    "nothing until it is started again. Refused for new or removed shards, which need a " +
    "restart.",
  examples: ["ssmd shard apply --env demo --dry-run"],
  flags: { ...GATEWAY_FLAGS, dryRun: DRY_RUN },
  output: z.array(z.object({ symbol: z.string(), shard: z.string().nullable() })),
  table: rowsOf("symbol"),
  asks: ["POST /v1/admin/environment/apply"],
  async run({ flags: { dryRun, ...location }, context }) {
    const environment = environmentOf(await Registry.open(context.globals), location.env);
    const path = `/v1/admin/environment/apply?dry_run=${dryRun}`;
    const applied = APPLIED.parse(await askGateway(context, location, ["POST", path]));
    const shardBySymbol = new Map(
      [...symbolsByShard(environment)].flatMap(([shard, symbols]) =>
        Object.keys(symbols).map((symbol) => [symbol, shard] as const)
      ),
    );
    return [...applied.added, ...applied.changed]
      .map((symbol) => ({ symbol, shard: shardBySymbol.get(symbol) ?? null }));
  },
});
