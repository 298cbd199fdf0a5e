import { z } from "zod";
import { releaseAbandonedShard } from "@ssmd/connector";
import { loadSharedDeployment } from "@ssmd/metadata";
import { openTransport } from "@ssmd/transport";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { registryDirOf } from "../registry_dir.ts";

export default defineCommand({
  name: "shard release",
  brief: "Release the symbols of a killed shard that will not be started again",
  description:
    "A shard releases its symbols when it stops, or when it is started again after a kill. " +
    "If neither will happen, this command lets others capture them; the time from the " +
    "shard's last record on the bus until then is a gap. Do not start the shard again with " +
    "its old spool.",
  changes: "operations",
  examples: ["ssmd shard release tier2 --env demo-shards"],
  flags: { env: ENVIRONMENT_REQUIRED },
  args: [text("Name of the shard", { placeholder: "shard", required: true })],
  output: z.array(z.object({ symbol: z.string(), feed: z.string() })),
  table: rowsOf("symbol"),
  async run({ flags: { env }, args: [shard], context }) {
    const registryDir = await registryDirOf(context.globals);
    const deployment = await loadSharedDeployment({ env, registryDir, signsInto: () => [] });
    const bus = await openTransport(deployment.transport, { env, shard });
    try {
      const released: { symbol: string; feed: string }[] = [];
      for (const feed of deployment.environment.feeds) {
        const symbols = await releaseAbandonedShard(bus, { env, feed, shard });
        released.push(...symbols.map((symbol) => ({ symbol, feed })));
      }
      return released;
    } finally {
      await bus.close();
    }
  },
});
