import { z } from "zod";
import { ShardOwners } from "@ssmd/connector";
import { type Environment, loadSharedDeployment, symbolsByShard } from "@ssmd/metadata";
import { sleep } from "@ssmd/runtime";
import { openTransport, type Transport } from "@ssmd/transport";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Measurement period, ms. */
const MEASURE_MS = 2_000;
/** Multiple of the mean message rate above which a shard is overloaded. */
const UNEVEN = 2;

const STATUS = z.object({
  shard: z.string(),
  symbols: z.int(),
  messages_per_second: z.number().describe("Records and watermarks per second, over two seconds"),
  share: z.number().describe("Share of the messages of all shards: 0 to 1"),
  is_uneven: z.boolean().describe(`More than ${UNEVEN} times the mean: move some of its symbols`),
  waiting: z.array(z.string()).describe("Its symbols that another shard has not released"),
});

export default defineCommand({
  name: "shard status",
  brief: "Measure the load of each shard of a running environment",
  description: "Counts the messages of the shards' streams on the bus for two seconds.",
  examples: ["ssmd shard status --env demo-shards"],
  flags: { env: ENVIRONMENT },
  output: z.array(STATUS),
  table: rowsOf("shard"),
  async run({ flags: { env }, context }) {
    const registryDir = await registryDirOf(context.globals);
    const deployment = await loadSharedDeployment({ env, registryDir, signsInto: () => [] });
    const shards = [...symbolsByShard(deployment.environment)];
    const rates = await Promise.all(
      shards.map(([shard]) => rateOf(deployment.transport, { env, shard })),
    );
    const waiting = await waitingOf(deployment.transport, deployment.environment);
    const sum = rates.reduce((all, rate) => all + rate, 0);
    return shards.map(([shard, symbols], i) => {
      const rate = rates[i] ?? 0;
      return {
        ...{ shard, symbols: Object.keys(symbols).length },
        messages_per_second: rate,
        share: sum === 0 ? 0 : Math.round(rate / sum * 1000) / 1000,
        is_uneven: shards.length > 1 && rate > UNEVEN * sum / shards.length,
        waiting: waiting.get(shard) ?? [],
      };
    });
  },
});

/** Symbols per shard that its file assigns to it while another shard still owns them. */
async function waitingOf(
  config: Parameters<typeof openTransport>[0],
  environment: Environment,
): Promise<Map<string, string[]>> {
  const transport = await openTransport(config, { env: environment.name });
  try {
    const waiting = [];
    for (const [shard, symbols] of symbolsByShard(environment)) {
      for (const feed of environment.feeds) {
        const names = Object.keys(symbols).filter((symbol) => symbols[symbol]?.feed === feed);
        waiting.push([shard, await notReleased(transport, { feed, shard }, names)] as const);
      }
    }
    const byShard = Map.groupBy(waiting, ([shard]) => shard);
    return new Map(
      [...byShard].map(([shard, lists]) => [shard, lists.flatMap(([, names]) => names)]),
    );
  } finally {
    await transport.close();
  }
}

async function notReleased(
  bus: Transport,
  of: { feed: string; shard: string },
  symbols: readonly string[],
): Promise<string[]> {
  const owners = await ShardOwners.open(bus, of);
  owners.close();
  return symbols.filter((symbol) => {
    const owner = owners.of(symbol);
    return owner !== undefined && owner.shard !== of.shard && owner.released === undefined;
  });
}

async function rateOf(
  config: Parameters<typeof openTransport>[0],
  { env, shard }: { env: string; shard: string },
): Promise<number> {
  const transport = await openTransport(config, { env, shard });
  try {
    const before = (await transport.state()).lastSequence;
    const startMs = performance.now();
    await sleep(MEASURE_MS);
    const messages = (await transport.state()).lastSequence - before;
    return Math.round(messages / (performance.now() - startMs) * 10_000) / 10;
  } finally {
    await transport.close();
  }
}
