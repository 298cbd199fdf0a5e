import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket as NodeWebSocket } from "ws";
import type { ConnectionInfo, EndedConnectionInfo } from "../protocol/connection.ts";
import type { FakeConnector } from "../testing/fake_connector.ts";
import { type GatewayRig, until, withGateway } from "../testing/gateway_rig.ts";
import type { Message } from "../testing/stream_client.ts";
import { SLOW_POLICIES, type SlowPolicy } from "../protocol/slow_policy.ts";

// What the healthy feel of it in time is bench/isolation_bench.ts.
const HEALTHY = 100;
const STUCK_OF_EACH = 5;
const BUFFER_BYTES_MAX = 256 * 1024;
/** What the gateway hands to a socket at once, and one record. */
const IN_SOCKET_BYTES_MAX = 256 * 1024 + 64 * 1024;
/** Systems keep up to some 10 MB for a socket that nobody reads: more than that is sent. */
const HEAVY_RECORDS = 500;
const HEAVY_CHARACTERS = 40_000;
const LIGHT_RECORDS = 500;

/** A client that reads until it is told not to. */
class Reader {
  readonly messages: Message[] = [];
  readonly ws: NodeWebSocket;

  constructor(url: string, query: string) {
    this.ws = new NodeWebSocket(`${url.replace("http", "ws")}/v1/stream${query}`);
    this.ws.on("message", (data: unknown) => {
      const message: Message = JSON.parse(String(data));
      if (message.type === "trade") delete message["id"];
      this.messages.push(message);
    });
    this.ws.on("error", () => {});
  }

  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  async subscribed(): Promise<this> {
    await until(() => this.of("subscribed").length > 0);
    return this;
  }

  async close(): Promise<void> {
    if (this.ws.readyState === NodeWebSocket.CLOSED) return;
    const closed = once(this.ws, "close");
    this.ws.terminate();
    await closed;
  }
}

function heavy(connector: FakeConnector, price: number): void {
  const trade = { type: "trade", symbol: "ETHUSD", price, size: 1, side: "buy" } as const;
  connector.publish({ ...trade, tradeId: "x".repeat(HEAVY_CHARACTERS) });
}

/** Sends light records to the healthy, and heavy ones in between; all light ones arrive. */
async function run(connector: FakeConnector, healthy: readonly Reader[]): Promise<void> {
  for (let i = 1; i <= LIGHT_RECORDS; i++) {
    connector.trade("BTCUSD", i);
    for (let n = 0; n < HEAVY_RECORDS / LIGHT_RECORDS; n++) heavy(connector, i);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await until(() => healthy.every((reader) => reader.of("trade").length === LIGHT_RECORDS));
}

async function figures({ get }: GatewayRig): Promise<ConnectionInfo[]> {
  return (await get("/v1/admin/clients")).body["clients"] as ConnectionInfo[];
}

async function ended({ get }: GatewayRig): Promise<EndedConnectionInfo[]> {
  return (await get("/v1/admin/clients/history")).body["clients"] as EndedConnectionInfo[];
}

/** What a client of each policy has in the end, when it reads again. */
const OUTCOMES: Readonly<Record<SlowPolicy, (reader: Reader, records: number) => void>> = {
  drop_newest: (reader, records) => {
    balances(reader, records);
    const prices = reader.of("trade").map(({ price }) => price);
    assert.deepEqual(prices, prices.map((_, i) => i + 1), "the oldest are there, without a hole");
  },
  drop_oldest: (reader, records) => {
    balances(reader, records);
    assert.equal(reader.of("trade").at(-1)?.["price"], records, "the newest is there");
    const at = reader.messages.findIndex(({ type }) => type === "dropped");
    const before = reader.messages[at - 1];
    const after = reader.messages[at + 1];
    const [dropped] = reader.of("dropped");
    if (reader.of("dropped").length > 1) return;
    assert.equal(Number(after?.["price"]) - Number(before?.["price"]) - 1, dropped?.["count"]);
  },
  conflate: (reader, records) => {
    const states = reader.of("trade").filter((m) => m["conflated"] === true);
    assert.deepEqual(states.map(({ price }) => price), [records], "the newest state, once");
    balances(reader, records, states.length);
  },
  disconnect: () => {},
};

function balances(reader: Reader, records: number, states = 0): void {
  const reported = reader.of("dropped").reduce((sum, m) => sum + Number(m["count"]), 0);
  assert.ok(reported > 0);
  assert.equal(reader.of("trade").length - states + reported, records);
}

Deno.test(`${HEALTHY} clients lose nothing by ${4 * STUCK_OF_EACH} that stopped reading, each gets its policy`, () =>
  withGateway(
    async (rig) => {
      const { connector, gateway } = rig;
      const all: Reader[] = [];
      const open = (query: string) => {
        const reader = new Reader(gateway.url, query);
        all.push(reader);
        return reader.subscribed();
      };
      const healthy = await Promise.all(
        Array.from({ length: HEALTHY }, () => open("?symbols=BTCUSD&types=trade")),
      );
      const stuck = await Promise.all(
        SLOW_POLICIES.flatMap((policy) =>
          Array.from({ length: STUCK_OF_EACH }, async () => ({
            policy,
            reader: await open(`?symbols=ETHUSD&types=trade&policy=${policy}`),
          }))
        ),
      );
      for (const { reader } of stuck) reader.ws.pause();
      await run(connector, healthy);
      for (const reader of healthy) assert.equal(reader.of("dropped").length, 0);
      await until(() => gateway.stats().clients === HEALTHY + 3 * STUCK_OF_EACH);
      const now = await figures(rig);
      const dropping = now.filter(({ state }) => state === "dropping");
      assert.equal(dropping.length, 3 * STUCK_OF_EACH);
      for (const { buffer_bytes } of now) {
        assert.ok(buffer_bytes <= BUFFER_BYTES_MAX + IN_SOCKET_BYTES_MAX, `${buffer_bytes} wait`);
      }
      const gone = (await ended(rig)).filter(({ reason }) => reason === "slow_client");
      assert.deepEqual(gone.map(({ policy }) => policy), Array(STUCK_OF_EACH).fill("disconnect"));
      for (const { reader } of stuck) reader.ws.resume();
      await until(() => gateway.stats().slowClients === 0);
      for (const { policy, reader } of stuck) {
        if (policy === "disconnect") continue;
        await until(() => reader.of("dropped").length > 0);
        await settle(reader);
        OUTCOMES[policy](reader, HEAVY_RECORDS);
      }
      for (const reader of all) await reader.close();
    },
    true,
    { slowClients: { buffer_bytes: BUFFER_BYTES_MAX, disconnect_after_s: 120 } },
  ));

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

async function settle(reader: Reader): Promise<void> {
  reader.ws.send('{"action":"ping"}');
  await until(() => reader.of("pong").length > 0);
}

for (const policy of ["drop_newest", "conflate"] as const) {
  Deno.test(`${policy}: a position says nothing of drops that are reported after it`, () =>
    withGateway(
      async (rig) => {
        const { connector, gateway } = rig;
        const slow = new Reader(gateway.url, `?symbols=ETHUSD&types=trade,status&policy=${policy}`);
        await slow.subscribed();
        slow.ws.pause();
        const send = async (from: number) => {
          for (let i = from; i < from + HEAVY_RECORDS; i++) {
            heavy(connector, i);
            await pause();
          }
        };
        await send(1);
        while ((await figures(rig))[0]?.dropped === 0) await pause();
        const state = { type: "status", symbol: "ETHUSD", state: "halted" } as const;
        connector.publish({ ...state, result: "", detail: "" });
        await send(HEAVY_RECORDS + 1);
        slow.ws.send('{"action":"ping"}');
        // The gateway has read the ping, whose answer waits, once it refuses what came after it.
        slow.ws.send("?");
        while ((await figures(rig))[0]?.last_error?.code !== "invalid_json") await pause();
        slow.ws.resume();
        await until(() => slow.of("pong").length > 0);
        for (const type of ["status", "pong"]) {
          const at = slow.messages.findIndex((message) => message.type === type);
          const before = slow.messages.slice(0, at);
          const trades = before.filter((m) => m.type === "trade" && m["conflated"] !== true);
          const reported = before.reduce(
            (sum, m) => sum + Number(m.type === "dropped" && m["count"]),
            0,
          );
          const sent = type === "status" ? HEAVY_RECORDS : 2 * HEAVY_RECORDS;
          assert.equal(trades.length + reported, sent, `before the ${type}`);
        }
        await slow.close();
      },
      true,
      { slowClients: { buffer_bytes: BUFFER_BYTES_MAX, disconnect_after_s: 120 } },
    ));
}
