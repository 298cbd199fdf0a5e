import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { nowUs, silentLogger } from "@ssmd/runtime";
import {
  type Fire,
  type Level,
  type MarketEvent,
  type SignalsDone,
  signalsSubject,
  subjectOf,
} from "@ssmd/market";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { fireContextReader } from "../act/fire_context.ts";
import { callAgentTool } from "./agent_tool.ts";
import { agentTools } from "./agent_tools.ts";
import { createSignalTool } from "./create_signal.ts";

const MARKET = { feed: "kraken", symbol: "BTCUSD" };
const FIRE: Fire = {
  ...{ ...MARKET, type: "fire", id: "1".repeat(32), signal: "wide", version: 1, sequence: 1 },
  ...{ timestampUs: 0, receivedAtUs: Date.now() * 1000, sourceHash: "a".repeat(64), engine: "1" },
  ...{ paramsHash: "b".repeat(64), causeSequence: 1, causeReceivedAtUs: 0, values: '{"spread":9}' },
};
const SIGNALS: SignalsDone = {
  ...{ ok: true, lag_seconds: 0, switches: [] },
  signals: [{
    ...{ id: "wide", title: "Wide spreads", version: 1, state: "running", why: "", fires: 3 },
    ...{ feeds: ["kraken"], symbols: ["*"], params: { minSpread: 2 }, source_hash: "", errors: 0 },
    last_fire: null,
  }],
};

/** Publishes a record of the market, received now. */
type Publish = (draft: { type: MarketEvent["type"] } & Record<string, unknown>) => void;

async function withTools(
  test: (rig: {
    tools: ReturnType<typeof agentTools>;
    publish: Publish;
    /** Waits until the bus has so many records. */
    arrived(count: number): Promise<void>;
    /** A service of signals answers from now on. */
    answerSignals(): Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  // What was published is read again: a bus in memory keeps nothing.
  const server = await startNatsServer();
  const transport = await openTransport({ type: "nats", url: server.url }, {
    ...{ env: "demo", logger: silentLogger },
  });
  const [publisher, encoder] = [transport.publisher(), new Encoder()];
  let sequence = 0;
  const publish: Publish = (draft) => {
    const [timestampUs, receivedAtUs] = [0, nowUs()];
    const event = { ...draft, ...MARKET, timestampUs, receivedAtUs, sequence: ++sequence };
    publisher.publish({
      subject: subjectOf("demo", "kraken", event.type, "BTCUSD"),
      ...{ payload: encoder.encode(event as MarketEvent), id: `record-${sequence}` },
    });
  };
  const answer = new TextEncoder().encode(JSON.stringify(SIGNALS));
  try {
    await test({
      ...{ tools: agentTools({ env: "demo", transport, firesOf: () => [FIRE] }), publish },
      arrived: async (count) => {
        while ((await transport.state()).lastSequence < count) await later();
      },
      answerSignals: () => transport.respond(signalsSubject("demo"), () => answer),
    });
  } finally {
    await publisher.close();
    await transport.close();
    await server.stop();
  }
}

const book = (kind: "snapshot" | "delta", bids: Level[], asks: Level[]) => ({
  ...{ type: "orderbook" as const, kind, bids, asks, depth: 0, checksum: "unverified" },
});
const later = () => new Promise((resolve) => setTimeout(resolve, 5));
const level = (price: number, size = 1) => ({ price, size });

Deno.test("replay_orderbook gives the book of a moment, and says where it is not known", {
  ignore: !natsServerAvailable(),
}, () =>
  withTools(async ({ tools, publish, arrived }) => {
    const replay = (at?: number) =>
      callAgentTool(tools, "replay_orderbook", { ...MARKET, levels: 2, ...(at ? { at } : {}) });
    const none = { known: false, bids: [], asks: [] };
    const { at: _, ...before } = await replay() as Record<string, unknown>;
    assert.deepEqual(before, { ...MARKET, ...none });
    publish(book("delta", [level(99)], []));
    publish(book("snapshot", [level(99), level(98), level(97)], [level(101), level(102)]));
    await arrived(2);
    const thenUs = nowUs();
    // Later records have later times; a gap begins a millisecond before it is told.
    await later();
    publish(book("delta", [level(99, 0), level(98, 5)], []));
    await arrived(3);
    const now = await replay() as { known: boolean; bids: unknown };
    assert.deepEqual([now.known, now.bids], [true, [level(98, 5), level(97)]]);
    const then = await replay(thenUs) as { bids: unknown; asks: unknown };
    assert.deepEqual(then.bids, [level(99), level(98)]);
    assert.deepEqual(then.asks, [level(101), level(102)]);
    await later();
    publish({
      ...{ type: "gap", reason: "disconnect", fromUs: nowUs() - 1_000, toUs: 0, channel: "all" },
      ...{ missed: null, recovered: false, detail: "" },
    });
    await arrived(4);
    const after = await replay() as { known: boolean; bids: unknown };
    assert.deepEqual([after.known, after.bids], [false, []]);
  }));

Deno.test("a fire is looked at with four tools, and each call is noted; signals may be away", {
  ignore: !natsServerAvailable(),
}, () =>
  withTools(async ({ tools, publish, arrived, answerSignals }) => {
    publish({ type: "trade", price: 60_000, size: 1, side: "buy", tradeId: "t-1" });
    await arrived(1);
    const calls: [string, unknown][] = [];
    const look = () =>
      fireContextReader(tools)(
        { ...FIRE, id: "2".repeat(32), receivedAtUs: Date.now() * 1000 + 1_000 },
        (tool, _, answer) => Promise.resolve(void calls.push([tool, answer])),
      );
    const without = await look();
    assert.deepEqual(calls.map(([tool]) => tool), [
      ...["get_signal_history", "get_recent_trades", "replay_orderbook", "list_signals"],
    ]);
    assert.match(JSON.stringify(calls[3]), /failed/);
    assert.deepEqual(without.texts, []);
    assert.deepEqual(without.earlierFires.map(({ values }) => values), [FIRE.values]);
    assert.deepEqual(without.trades.map(({ price }) => price), [60_000]);
    assert.equal(without.book?.known, false);
    await answerSignals();
    assert.deepEqual((await look()).texts, ["Wide spreads"]);
  }));

Deno.test(
  "the tools of a graph lead nowhere: none changes code, and what they do not take is refused",
  { ignore: !natsServerAvailable() },
  () =>
    withTools(async ({ tools, answerSignals }) => {
      assert.deepEqual(Object.keys(tools), [
        ...["replay_orderbook", "list_state_builders", "list_signals", "get_recent_trades"],
        "get_signal_history",
      ]);
      await answerSignals();
      const { signals } = await tools.list_signals.run({});
      assert.deepEqual(signals.map(({ id, params }) => [id, params]), [["wide", { minSpread: 2 }]]);
      const { builders } = await tools.list_state_builders.run({});
      assert.deepEqual(builders.map(({ name }) => name), [
        "orderbook",
        "priceHistory",
        "volumeProfile",
      ]);
      const refused = (name: string, args: unknown, code: string) =>
        assert.rejects(callAgentTool(tools, name, args), { code });
      await refused("create_signal", { words: "x" }, "TOOL_UNKNOWN");
      await refused("constructor", {}, "TOOL_UNKNOWN");
      await refused("list_signals", { url: "http://evil.example" }, "TOOL_ARGUMENTS");
      await refused("get_recent_trades", { feed: "kraken" }, "TOOL_ARGUMENTS");
    }),
);

Deno.test("create_signal begins a thread with words that are not empty and not endless", async () => {
  const tools = { create_signal: createSignalTool((words) => Promise.resolve(`d-1: ${words}`)) };
  const begun = await callAgentTool(tools, "create_signal", { words: "when it rains" });
  assert.equal(begun, "d-1: when it rains");
  for (const words of ["", "x".repeat(2_001)]) {
    await assert.rejects(callAgentTool(tools, "create_signal", { words }), {
      code: "TOOL_ARGUMENTS",
    });
  }
});
