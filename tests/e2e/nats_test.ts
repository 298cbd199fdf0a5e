import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { decode } from "@ssmd/codec";
import { readLetters } from "@ssmd/dataset/dead_letters";
import { folderStorage } from "@ssmd/storage";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { capturesDir } from "./_captures.ts";
import { eventually, Folder, RunningUp, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { Rig } from "./_rig.ts";
import { breaksIn, framesIn } from "./independent_capture.ts";
import { readKalshi } from "./independent_kalshi.ts";
import { readKraken } from "./independent_kraken.ts";

const ENV = "e2e-nats";
const DOTTED = "KXSIMBTC-26DEC31-T99999.99";
const SIMULATED = {
  kraken: { symbols: { BTCUSD: "BTC/USD" } },
  kalshi: { symbols: { [DOTTED]: DOTTED, "KXSIMRAIN-26DEC31-NYC": "KXSIMRAIN-26DEC31-NYC" } },
};

const dir = capturesDir();

Deno.test({
  name: "on NATS captures give the same counts, in the stream, for a foreign client and archived",
  ignore: dir === undefined || !natsServerAvailable(),
  fn: async () => {
    const kalshi = `${dir}/kalshi/btc15m-20260514t043118z.jsonl.zst`;
    const kraken = `${dir}/kraken/btcusd-depth25-20260802.jsonl.zst`;
    await using folder = new Folder();
    await using server = await natsServer();
    await writeRegistry(folder.path, { name: ENV, feeds: SIMULATED, natsUrl: server.url });
    await using foreign = await foreignClient(server.url);
    const books = foreign.count(`${ENV}.*.orderbook.>`);
    const all = foreign.count(`${ENV}.>`);
    const args = ["--capture", kalshi, "--capture", kraken, "--speed", "max"];
    await using up = new RunningUp(["--env", ENV, ...args], { cwd: folder.path, env: NO_KEYS });
    const expected = {
      kalshi: readKalshi(framesIn(kalshi), breaksIn(kalshi)),
      kraken: readKraken(framesIn(kraken), 25),
    };
    assert.equal((await up.end()).code, 0, up.output);
    const verified = await verify(`${folder.path}/data`);
    assert.equal(verified.code, 0, verified.output);
    for (const { feed, records } of verified.days) {
      const { orderbook, ticker, trade } = expected[feed as "kalshi" | "kraken"];
      const { orderbook: books, ticker: tickers, trade: trades } = records;
      assert.deepEqual([books, tickers, trades], [orderbook, ticker, trade], feed);
    }
    const archived = Number(up.captured()["archived"]);
    assert.equal(archived, up.captured()["records"]);
    assert.equal(await foreign.stored(), archived);
    await eventually("all messages", () => Promise.resolve(all.messages === archived));
    const booksExpected = expected.kalshi.orderbook + expected.kraken.orderbook;
    await eventually("all books", () => Promise.resolve(books.messages >= booksExpected));
    assert.equal(books.messages, booksExpected);
  },
});

Deno.test({
  name:
    "a foreign NATS client gets trades and books of the simulated venues, dots in tickers whole",
  ignore: !natsServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    await using server = await natsServer();
    const environment = { name: ENV, feeds: SIMULATED, natsUrl: server.url, simulatedRate: 200 };
    await writeRegistry(folder.path, environment);
    await using foreign = await foreignClient(server.url);
    using plain = await RawSubscriber.open(server.port, `${ENV}.kalshi.trade.>`);
    const trades = foreign.count(`${ENV}.*.trade.>`);
    const dotted = foreign.count(`${ENV}.kalshi.*.KXSIMBTC-26DEC31-T99999%2E99`);
    await using up = new RunningUp(["--env", ENV], { cwd: folder.path });
    await eventually("trades of both venues", () => {
      const subjects = [...trades.subjects].map((subject) => subject.split(".")[1]);
      return Promise.resolve(new Set(subjects).size === 2 && dotted.subjects.size >= 2);
    });
    const raw = await plain.message();
    assert.match(raw.subject, /^e2e-nats\.kalshi\.trade\.[^.]+$/);
    const trade = decode("trade", raw.payload);
    assert.ok(trade.type === "trade" && trade.price > 0 && trade.price < 1 && trade.size > 0);
    assert.equal(raw.subject.split(".")[3], trade.symbol.replaceAll(".", "%2E"));
    assert.equal((await up.stop()).code, 0, up.output);
    assert.equal(await foreign.stored(), up.captured()["archived"]);
    const verified = await verify(`${folder.path}/data`);
    assert.equal(verified.code, 0, verified.output);
    for (const subject of [...trades.subjects, ...dotted.subjects]) {
      assert.equal(subject.split(".").length, 4, subject);
    }
    assert.equal(dotted.last?.symbol, DOTTED);
  },
});

Deno.test({
  name: "frames that cannot be read come to dead letters, with their bytes and the reason",
  ignore: !natsServerAvailable(),
  fn: async () => {
    await using server = await natsServer();
    await using foreign = await foreignClient(server.url);
    const letters = foreign.letters("rig.dlq.connector");
    await using rig = await Rig.start({ venues: ["kraken"], natsUrl: server.url });
    await rig.allLive();
    const forms = ["json", "binary", "truncated", "huge"] as const;
    for (const what of forms) rig.simulator("kraken").fault({ type: "rubbish", what });
    await eventually("a letter for each", () => Promise.resolve(letters.length === forms.length));
    await rig.finish();
    const storage = folderStorage(rig.dataDir);
    const kept = await readLetters(storage, "rig");
    await storage.close();
    assert.deepEqual(kept.map(({ reason }) => reason), letters.map(({ reason }) => reason));
    const [sent = []] = await rig.sent("kraken");
    for (const [index, what] of forms.entries()) {
      const { feed, reason, bytes, frame_base64, truncated } = letters[index] as Letter;
      assert.equal(feed, "kraken");
      assert.ok(reason.length > 10, what);
      const kept = Buffer.from(frame_base64, "base64");
      assert.equal(truncated, what === "huge");
      assert.equal(truncated, kept.length < bytes);
      const text = kept.toString();
      assert.ok(sent.some((frame) => truncated ? frame.startsWith(text) : frame === text), what);
    }
  },
});

/** A frame that could not be read, as it stands on `{env}.dlq.connector`. */
interface Letter {
  feed: string;
  reason: string;
  bytes: number;
  frame_base64: string;
  truncated: boolean;
}

/** Kalshi's keys, for environments that are only played from captures. */
const NO_KEYS = { SSMD_KEY_KALSHI_KEY_ID: "none", SSMD_KEY_KALSHI_PRIVATE_KEY: "none" };

async function natsServer() {
  const server = await startNatsServer();
  return { ...server, [Symbol.asyncDispose]: () => server.stop() };
}

/** What came on a subject. */
interface Count {
  messages: number;
  subjects: Set<string>;
  last: { symbol: string } | undefined;
}

function isWatermark(subject: string): boolean {
  return subject.split(".")[2] === "watermark";
}

/** A client with the stock library and no part of ours but the decoder. */
async function foreignClient(url: string) {
  const connection: NatsConnection = await connect({ servers: url });
  const count = (subject: string): Count => {
    const result: Count = { messages: 0, subjects: new Set(), last: undefined };
    connection.subscribe(subject, {
      callback: (_error, message) => {
        if (isWatermark(message.subject)) return;
        result.messages++;
        result.subjects.add(message.subject);
        const type = message.subject.split(".")[2];
        if (type === "trade" || type === "orderbook") result.last = decode(type, message.data);
      },
    });
    return result;
  };
  const letters = (subject: string): Letter[] => {
    const result: Letter[] = [];
    const callback = (_error: unknown, message: { json(): unknown }) =>
      void result.push(message.json() as Letter);
    connection.subscribe(subject, { callback });
    return result;
  };
  /** Messages that the environment's stream keeps, but for watermarks. */
  const stored = async () => {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(`ssmd-${ENV}`, { subjects_filter: ">" });
    return Object.entries(state.subjects ?? {})
      .reduce((sum, [subject, count]) => sum + (isWatermark(subject) ? 0 : count), 0);
  };
  return { count, letters, stored, [Symbol.asyncDispose]: () => connection.close() };
}

/** NATS as it is on the wire: what any client in any language sees. */
class RawSubscriber implements Disposable {
  #connection: Deno.TcpConn;
  #bytes = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(port: number, subject: string): Promise<RawSubscriber> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const hello = `CONNECT {"verbose":false}\r\nSUB ${subject} 1\r\nPING\r\n`;
    await connection.write(new TextEncoder().encode(hello));
    const subscriber = new RawSubscriber(connection);
    while (await subscriber.#line() !== "PONG");
    return subscriber;
  }

  /** The next message. */
  async message(): Promise<{ subject: string; payload: Uint8Array }> {
    for (;;) {
      const words = (await this.#line()).split(" ");
      if (words[0] !== "MSG") continue;
      const size = Number(words.at(-1));
      while (this.#bytes.length < size + 2) await this.#more();
      const payload = this.#bytes.slice(0, size);
      this.#bytes = this.#bytes.slice(size + 2);
      return { subject: words[1] ?? "", payload };
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#bytes.indexOf(10);
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#bytes.slice(0, end)).trim();
        this.#bytes = this.#bytes.slice(end + 1);
        return line;
      }
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    const count = await this.#connection.read(chunk);
    if (count === null) throw new Error("the server has gone");
    const joined = new Uint8Array(this.#bytes.length + count);
    joined.set(this.#bytes);
    joined.set(chunk.subarray(0, count), this.#bytes.length);
    this.#bytes = joined;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
