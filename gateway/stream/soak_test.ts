import assert from "node:assert/strict";
import { seededRandom } from "@ssmd/runtime";
import { AccountingClient, type Wants } from "../testing/accounting_client.ts";
import type { FakeConnector } from "../testing/fake_connector.ts";
import { type GatewayRig, until, withGateway } from "../testing/gateway_rig.ts";
import { Published } from "../testing/published.ts";
import { SLOW_POLICIES } from "../protocol/slow_policy.ts";

const CLIENTS = 50;
/** Clients that also get a market of large trades, so that their buffers really fill. */
const HEAVY = 10;
const SYMBOLS = ["BTCUSD", "ETHUSD", "KXBTC-26.5", "SOL", "XRP", "ADA"] as const;
const HEAVY_SYMBOL = "HEAVY";
const SEED = 20_261_125;
const TICK_MS = 5;

const minutes = Number(Deno.env.get("SSMD_SOAK_MINUTES") ?? "0");
const seconds = minutes > 0
  ? minutes * 60
  : Deno.env.get("SSMD_REQUIRE_SERVICES") === "1"
  ? 60
  : 10;

/** A market's life at random, noted as it is published. */
class Market {
  #connector: FakeConnector;
  #published: Published;
  #random: () => number;

  constructor(connector: FakeConnector, published: Published, random: () => number) {
    this.#connector = connector;
    this.#published = published;
    this.#random = random;
  }

  step(): void {
    const random = this.#random;
    const symbol = SYMBOLS[Math.floor(random() * SYMBOLS.length)] as string;
    const dice = random();
    if (dice < 0.55) this.delta(symbol);
    else if (dice < 0.8) this.#note("trade", symbol, () => this.#connector.trade(symbol, 1));
    else if (dice < 0.88) this.#heavy();
    else if (dice < 0.97) this.#ticker(symbol);
    else if (dice < 0.985) this.status(symbol, "tick");
    else if (dice < 0.998) this.snapshot(symbol);
    else this.#gap(symbol);
  }

  delta(symbol: string): void {
    const random = this.#random;
    const level = () => ({
      price: 1 + Math.floor(random() * 30),
      size: Math.floor(random() * 4),
    });
    const ask = level();
    this.#note("orderbook", symbol, () => {
      this.#connector.delta(symbol, [level()], [{ ...ask, price: ask.price + 40 }]);
    });
  }

  snapshot(symbol: string): void {
    this.#note("orderbook", symbol, () => this.#connector.snapshot(symbol));
  }

  status(symbol: string, detail: string): void {
    this.#note("status", symbol, () => {
      const state = { state: "open", result: "", detail } as const;
      this.#connector.publish({ type: "status", symbol, ...state });
    });
  }

  #heavy(): void {
    const trade = { type: "trade", symbol: HEAVY_SYMBOL, price: 1, size: 1, side: "buy" } as const;
    this.#note("trade", HEAVY_SYMBOL, () => {
      this.#connector.publish({ ...trade, tradeId: "x".repeat(40_000) });
    });
  }

  #ticker(symbol: string): void {
    const [bidPrice, askPrice] = [this.#random(), this.#random()];
    const rest = { lastPrice: null, lastSize: null, volume24h: null, openInterest: null };
    this.#note("ticker", symbol, () => {
      const sizes = { bidSize: 1, askSize: 2 };
      this.#connector.publish({ type: "ticker", symbol, bidPrice, askPrice, ...sizes, ...rest });
    });
  }

  /** Books are lost and come back: those of one market, or of the whole feed. */
  #gap(symbol: string): void {
    const isAll = this.#random() < 0.3;
    const of = isAll ? "_all" : symbol;
    const reason = isAll ? "disconnect" : "checksum";
    this.#note("gap", of, () => this.#connector.gap(reason, false, of));
    for (const each of isAll ? SYMBOLS : [symbol]) this.snapshot(each);
    this.#note("gap", of, () => this.#connector.gap(reason, true, of));
  }

  #note(type: string, symbol: string, publish: () => void): void {
    // Before it is published: clients of this process may get it within the call.
    this.#published.note(type, symbol, this.#connector.sequence + 1);
    publish();
  }
}

function wantsOf(index: number, random: () => number): Wants {
  const types = random() < 0.7
    ? ["trade", "ticker", "orderbook", "status"]
    : ["trade", "orderbook", "status"];
  const symbols: string[] = SYMBOLS.filter(() => random() < 0.6);
  if (symbols.length === 0) symbols.push(SYMBOLS[0]);
  if (index < HEAVY) symbols.push(HEAVY_SYMBOL);
  return { symbols, types };
}

/** What happens to one client: it comes, stops reading, goes, comes back. */
class Fate {
  readonly client: AccountingClient;
  #random: () => number;
  #isHeavy: boolean;
  #nextMs = 0;
  #paused = false;

  constructor(client: AccountingClient, isHeavy: boolean, random: () => number) {
    this.client = client;
    this.#isHeavy = isHeavy;
    this.#random = random;
  }

  step(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    const random = this.#random;
    const { client } = this;
    if (!client.open) {
      client.connect(this.#policy(), random() < 0.1);
      this.#paused = false;
      this.#nextMs = nowMs + 300 + random() * 5000;
    } else if (this.#paused) {
      client.read(true);
      this.#paused = false;
      this.#nextMs = nowMs + 1000 + random() * 4000;
    } else if (this.#isHeavy && random() < 0.7) {
      client.read(false);
      this.#paused = true;
      this.#nextMs = nowMs + 1500 + random() * 7000;
    } else {
      client.break();
      this.#nextMs = nowMs + random() * 2500;
    }
  }

  /** Lets it come back, if it is away, and read to the end. */
  finish(): void {
    if (this.client.open) this.client.read(true);
    else this.client.connect(this.#policy(), false);
  }

  #policy(): string {
    return SLOW_POLICIES[Math.floor(this.#random() * SLOW_POLICIES.length)] as string;
  }
}

/** What all clients counted of something. */
function sumOf(fates: readonly Fate[], name: string): number {
  return fates.reduce((sum, { client }) => sum + (client.counts[name] ?? 0), 0);
}

/** Until the time is over, and on a slow machine until something was received, resumed and dropped. */
async function live(market: Market, fates: readonly Fate[], random: () => number) {
  const isEnough = () =>
    sumOf(fates, "received") > 1000 && sumOf(fates, "resumed") > 0 && sumOf(fates, "dropped") > 0;
  const started = performance.now();
  let due = 0;
  let rate = 0;
  for (let beforeMs = 0, second = 0;;) {
    const nowMs = performance.now() - started;
    if (nowMs > seconds * 1000 && (isEnough() || nowMs > 10 * seconds * 1000)) return;
    if (nowMs >= second * 1000) {
      rate = [200, 600, 1200, 2000][Math.floor(random() * 4)] as number;
      second++;
    }
    due += rate * (nowMs - beforeMs) / 1000;
    beforeMs = nowMs;
    for (; due >= 1; due--) market.step();
    for (const fate of fates) fate.step(nowMs);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

async function settled(rig: GatewayRig, market: Market, fates: readonly Fate[]): Promise<void> {
  for (let round = 0; round < 50; round++) {
    for (const fate of fates) fate.finish();
    await Promise.all(fates.map(({ client }) => client.begun()));
    for (const symbol of SYMBOLS) market.delta(symbol);
    for (const symbol of [...SYMBOLS, HEAVY_SYMBOL]) market.status(symbol, `end ${round}`);
    const marked = await Promise.all(fates.map(({ client }) => client.marked(`end ${round}`)));
    if (marked.includes(false)) continue;
    await until(() => rig.gateway.stats().slowClients === 0);
    const pongs = await Promise.all(fates.map(({ client }) => client.settle()));
    if (!pongs.includes(false)) return;
  }
  assert.fail("clients never came to rest");
}

Deno.test(`${CLIENTS} clients that come, stall and go for ${seconds} s account for every message`, () =>
  withGateway(
    async (rig) => {
      const { connector, gateway, client } = rig;
      const random = seededRandom(SEED);
      const published = new Published(connector.books);
      const market = new Market(connector, published, random);
      for (const symbol of SYMBOLS) market.snapshot(symbol);
      const probe = await client("?symbols=*&types=status");
      await probe.next("subscribed");
      market.status(SYMBOLS[0], "begin");
      market.status(HEAVY_SYMBOL, "begin");
      const first = await probe.next("status");
      published.base = Number(first["pos"]) - Number(first["seq"]);
      await probe.close();
      const fates = Array.from({ length: CLIENTS }, (_, i) => {
        const one = new AccountingClient({
          ...{ name: `${i}`, url: gateway.url, published },
          wants: wantsOf(i, random),
        });
        return new Fate(one, i < HEAVY, random);
      });
      await live(market, fates, random);
      await settled(rig, market, fates);
      for (const { client } of fates) client.balance();
      const sum: Record<string, number> = { published: connector.sequence };
      for (const name of Object.keys(fates[0]?.client.counts ?? {})) sum[name] = sumOf(fates, name);
      console.log(`soak, ${seconds} s: ${JSON.stringify(sum)}`);
      assert.deepEqual(fates.flatMap(({ client }) => client.violations), []);
      assert.ok(sum["received"]! > 1000 && sum["resumed"]! > 0 && sum["dropped"]! > 0);
      for (const { client } of fates) client.break();
      await until(() => gateway.stats().clients === 0);
    },
    true,
    {
      slowClients: { buffer_bytes: 256 * 1024, disconnect_after_s: 4 },
      recent: { messagesMax: 8_000 },
    },
  ));
