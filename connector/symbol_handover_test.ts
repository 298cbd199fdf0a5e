import assert from "node:assert/strict";
import { Health, silentLogger, sleep } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { natsServerAvailable } from "../tests/servers/nats_server.ts";
import { type Owner, ShardOwners } from "./shard_owners.ts";
import { SymbolHandover, symbolsAtStart } from "./symbol_handover.ts";
import { ENV } from "./testing/connector_rig.ts";
import { send } from "./testing/fake_exchange.ts";
import { Pair, PAIR_SPECS, Side, sorted } from "./testing/pair_rig.ts";

const ignore = !natsServerAvailable();
const OF = { feed: "fake", shard: "s1" };
const [, ...WITHOUT_A] = PAIR_SPECS;

/** A connector of a shard that has two, with its part in moving symbols. */
class ShardSide {
  private constructor(
    readonly side: Side,
    readonly owners: ShardOwners,
    readonly handover: SymbolHandover,
    private readonly clients: Transport,
  ) {}

  static async start(pair: Pair, name: string): Promise<ShardSide> {
    const side = await Side.start(pair, `${pair.dir}/${name}`);
    const { connector, transport: bus } = side;
    const owners = await ShardOwners.open(bus, OF);
    const captured = await symbolsAtStart(owners, PAIR_SPECS, () => false);
    const clients = await pair.openBus(`nats://127.0.0.1:${side.line.port}`);
    const handover = new SymbolHandover({
      ...{ env: ENV, feed: OF.feed, owners, connector, captured, bus, clients },
      ...{ health: new Health().component("connector", OF.feed), logger: silentLogger },
    });
    return new ShardSide(side, owners, handover, clients);
  }

  /** Another shard is to have the symbol A. */
  letGoOfA(): void {
    this.handover.want(WITHOUT_A, () => true);
  }

  async until(holds: (ofA: Owner | undefined) => boolean): Promise<void> {
    while (!holds(this.owners.of("A"))) await sleep(20);
  }

  async stop(): Promise<void> {
    await this.handover.close();
    await this.side.stop();
    await this.clients.close();
  }
}

/** Trades of A and C that both have got, then one of A and one of C that the second alone got. */
async function tradesOfBoth(pair: Pair): Promise<void> {
  for (const id of [1, 2, 3]) {
    pair.say("A", { trade: "A", id });
    pair.say("C", { trade: "C", id: 1000 + id });
  }
  await pair.untilPublished(1003);
}

async function tellSecond(pair: Pair, second: ShardSide, id: number): Promise<void> {
  const { connector } = second.side;
  const { frames } = connector.stats();
  const [ofA] = pair.exchange.clients.slice(2).filter(({ received }) => received[0]?.includes("A"));
  send(ofA!, { trade: "A", id });
  while (connector.stats().frames === frames) await sleep(20);
}

function withPair(body: (pair: Pair, sides: ShardSide[]) => Promise<void>): Promise<void> {
  return Pair.with(async (pair) => {
    const sides = [await ShardSide.start(pair, "first"), await ShardSide.start(pair, "second")];
    await tradesOfBoth(pair);
    await body(pair, sides);
    const [first, second] = sides as [ShardSide, ShardSide];
    first.side.line.mend();
    await first.side.connector.replaced;
    await first.stop();
    await second.stop();
    assert.deepEqual(await pair.fromRaw(), sorted(pair.events));
  }, ["s1", "s2"]);
}

Deno.test("the turn of a standby leaves out what it alone got of a symbol that was released", {
  ignore,
}, () =>
  withPair(async (pair, [first, second]) => {
    first!.letGoOfA();
    await second!.until((owner) => owner?.released !== undefined);
    // The next shard tells this one, as the venue says it once more to whoever subscribes.
    await tellSecond(pair, second!, 4);
    first!.side.line.cut();
    pair.say("C", { trade: "C", id: 1004 });
    await pair.untilPublished(1004);
    // It has not heard of the change of markets yet.
    await tellSecond(pair, second!, 5);
    second!.letGoOfA();
    pair.say("C", { trade: "C", id: 1005 });
    await pair.untilPublished(1005);
    assert.deepEqual(pair.tradeIds().sort((a, b) => a - b), [
      1,
      2,
      3,
      1001,
      1002,
      1003,
      1004,
      1005,
    ]);
  }));

Deno.test("the turn of a standby tells what it alone got of a symbol that was not released", {
  ignore,
}, () =>
  withPair(async (pair, [first, second]) => {
    assert.ok(await first!.owners.set(PAIR_SPECS[0]!, { isLeaving: true }));
    await second!.until((owner) => owner?.isLeaving === true);
    await tellSecond(pair, second!, 4);
    first!.side.line.cut();
    second!.letGoOfA();
    await second!.until((owner) => owner?.released !== undefined);
    assert.deepEqual(pair.tradeIds().filter((id) => id < 1000), [1, 2, 3, 4]);
  }));

Deno.test("what a connector releases as it stops stays with the one that goes on with it", {
  ignore,
}, () =>
  Pair.with(async (pair) => {
    const first = await ShardSide.start(pair, "first");
    const { connector } = first.side;
    // It does not know yet that another one stands by.
    const alone = new SymbolHandover({
      ...{ env: ENV, feed: OF.feed, owners: first.owners, captured: PAIR_SPECS },
      ...{ bus: first.side.transport, clients: first.side.transport, logger: silentLogger },
      health: new Health().component("connector", OF.feed),
      connector: {
        ...{ isTelling: true, isBacked: false, beforeTurn: () => {} },
        changeSymbols: () => Promise.resolve({ added: 0, takenOff: 0 }),
        flush: () => Promise.resolve(),
        handoverOf: (external) => connector.handoverOf(external),
      },
    });
    const second = await ShardSide.start(pair, "second");
    await tradesOfBoth(pair);
    await first.handover.close();
    await alone.close();
    await connector.close();
    pair.say("C", { trade: "C", id: 1004 });
    await pair.untilPublished(1004);
    await alone.releaseAll();
    const late = await ShardOwners.open(second.side.transport, OF);
    assert.ok(PAIR_SPECS.every(({ symbol }) => late.captures(symbol)));
    late.close();
    await first.stop();
    await second.stop();
  }, ["s1", "s2"]));
