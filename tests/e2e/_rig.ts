import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readRaw } from "@ssmd/archive";
import type { Gap } from "@ssmd/market";
import { demoKey, type SimulatedVenueId, type Simulator, startSimulator } from "@ssmd/simulator";
import { folderStorage } from "@ssmd/storage";
import { recordsIn } from "./_archived.ts";
import {
  type Ended,
  eventually,
  Folder,
  RunningUp,
  runSsmd,
  type StartOptions,
  type Verified,
  verify,
} from "./_process.ts";
import { kalshiKeys, type TestFeed, writeRegistry } from "./_registry.ts";

/** Name of the environment of all rigs. */
export const ENV = "rig";

/** Markets that rigs capture where nothing else is said. */
const SYMBOLS: Record<SimulatedVenueId, Record<string, string>> = {
  kraken: { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" },
  kalshi: {
    "KXSIMBTC-26DEC31-T99999.99": "KXSIMBTC-26DEC31-T99999.99",
    "KXSIMRAIN-26DEC31-NYC": "KXSIMRAIN-26DEC31-NYC",
  },
  polymarket: { "RAIN-YES": "7".repeat(77), "RAIN-NO": "10".repeat(38) },
};
const RATE = 300;

/** Options of {@linkcode Rig.start}. */
export interface RigOptions {
  venues?: readonly SimulatedVenueId[];
  /** Markets to capture in place of the usual ones. */
  symbols?: Record<string, string>;
  natsUrl?: string;
  /** The key that Kalshi's simulator does not know. */
  wrongKey?: { keyId: string; privateKeyPem: string };
  /** More variables of `up`. */
  env?: Record<string, string>;
  /** The folder of archive and spool; default one beside the registry. */
  dataDir?: string;
}

/** Simulators here, in the test's process, and an `up` in its own that captures from them. */
export class Rig implements AsyncDisposable {
  readonly simulators = new Map<SimulatedVenueId, Simulator>();
  readonly up: RunningUp;
  readonly dataDir: string;
  #folder: Folder;

  #args: readonly string[];
  #start: StartOptions;

  private constructor(
    folder: Folder,
    simulators: Map<SimulatedVenueId, Simulator>,
    args: readonly string[],
    start: StartOptions,
    dataDir: string | undefined,
  ) {
    this.#folder = folder;
    this.simulators = simulators;
    this.dataDir = dataDir ?? `${folder.path}/data`;
    this.#args = args;
    this.#start = start;
    this.up = new RunningUp(args, start);
  }

  /** Starts the simulators and `up`. */
  static async start(options: RigOptions = {}): Promise<Rig> {
    const { venues = ["kraken", "kalshi"], symbols, natsUrl, wrongKey, dataDir, env } = options;
    const folder = new Folder();
    const simulators = new Map<SimulatedVenueId, Simulator>();
    const feeds: Record<string, TestFeed> = {};
    for (const venue of venues) {
      const markets = Object.values(SYMBOLS[venue]).map((external) => ({ external }));
      const simulator = await startSimulator({
        venue,
        source: { type: "model", seed: 11, symbols: markets, ratePerSecond: RATE },
        ledger: `${folder.path}/${venue}.ledger`,
      });
      simulators.set(venue, simulator);
      feeds[venue] = { symbols: symbols ?? SYMBOLS[venue], endpoint: simulator.url };
    }
    await writeRegistry(folder.path, {
      name: ENV,
      feeds,
      ...(natsUrl === undefined ? {} : { natsUrl }),
    });
    const { keyId, privateKeyPem } = wrongKey ?? await demoKey();
    const args = ["--env", ENV, ...(dataDir === undefined ? [] : ["--data", dataDir])];
    const start = { cwd: folder.path, env: { ...kalshiKeys(keyId, privateKeyPem), ...env } };
    return new Rig(folder, simulators, args, start, dataDir);
  }

  /** The folder in which commands find the rig's registry. */
  get registry(): string {
    return this.#folder.path;
  }

  /** The simulator of a venue. */
  simulator(venue: SimulatedVenueId): Simulator {
    const simulator = this.simulators.get(venue);
    assert.ok(simulator);
    return simulator;
  }

  /** A metric of the connector of a feed; 0 = it has not been counted yet. */
  async metric(name: string, feed: string, more = ""): Promise<number> {
    return await this.up.metric(`ssmd_connector_${name}{feed="${feed}"${more}}`) ?? 0;
  }

  /** Waits until several further records of a feed are published: it is alive. */
  async records(feed: SimulatedVenueId, type: "trade" | "orderbook" = "trade"): Promise<void> {
    const count = () => this.metric("messages_published_total", feed, `,type="${type}"`);
    const wanted = await count() + 5;
    await eventually(`${type} records of ${feed}`, async () => await count() >= wanted);
  }

  /** Waits until all markets show a live book, prices and no gap. */
  async allLive(): Promise<void> {
    const url = `${await this.up.url()}/v1/markets`;
    await eventually("live books of all markets", async () => {
      const { markets } = await (await fetch(url)).json() as {
        markets: { book: string; gap: unknown; bid_price: number | null }[];
      };
      return markets.length > 0 &&
        markets.every(({ book, gap, bid_price }) => book === "live" && !gap && bid_price !== null);
    });
  }

  /** Log lines of gaps of a feed; `recovered` = of their ends. */
  gaps(feed: string, recovered: boolean) {
    const message = recovered ? "gap recovered" : "gap";
    return this.up.lines.filter((line) => line.message === message && line["feed"] === feed);
  }

  /**
   * Ends everything in good order and checks what must hold after every kind of bad input: the exit
   * code, the archive's balance, and that what the venue sent is in raw once, in order.
   */
  async finish(): Promise<Verified> {
    const { code } = await this.up.stop();
    assert.equal(code, 0, this.up.output);
    const verified = await verify(this.dataDir);
    assert.equal(verified.code, 0, verified.output);
    await this.rawIsWhatWasSent();
    return verified;
  }

  /** Starts `up` once more, on the same registry, data and simulators. */
  next(): RunningUp {
    return new RunningUp(this.#args, this.#start);
  }

  /** Runs `up` once more, on the same registry, data and simulators, to its end. */
  again(args: readonly string[]): Promise<Ended> {
    return runSsmd(["up", "--port", "0", ...this.#args, ...args], this.#start);
  }

  /** Ends the simulators and checks that what they sent is in raw once, in order. */
  async rawIsWhatWasSent(): Promise<void> {
    for (const [venue, simulator] of this.simulators) {
      await simulator.close();
      this.simulators.delete(venue);
      await this.#rawIsWhatWasSent(venue);
    }
  }

  /** The gap records of a feed in the archive, in order. */
  async archivedGaps(feed: string): Promise<Gap[]> {
    return await recordsIn(this.dataDir, ENV, feed, ["gap"]) as Gap[];
  }

  /** Frames of a simulator by connection, as its ledger has them. */
  async sent(venue: SimulatedVenueId): Promise<string[][]> {
    const connections: string[][] = [];
    for (
      const line of (await Deno.readTextFile(`${this.#folder.path}/${venue}.ledger`)).split("\n")
    ) {
      const [, number, key, body = ""] = /^\{"c":(\d+),"([mx])":(.*)\}$/s.exec(line) ?? [];
      if (number === undefined) continue;
      (connections[Number(number) - 1] ??= []).push(
        key === "m" ? body : decoded(body.slice(1, -1)),
      );
    }
    return connections;
  }

  async #rawIsWhatWasSent(venue: SimulatedVenueId): Promise<void> {
    const sent = await this.sent(venue);
    const received = await rawConnections(this.dataDir, venue);
    assert.equal(received.length, sent.length, `connections of ${venue}`);
    for (const [index, frames] of received.entries()) {
      const all = sent[index] ?? [];
      assert.ok(frames.length > 0 || all.length === 0);
      for (const [at, frame] of frames.entries()) {
        // Huge frames make a difference unreadable.
        if (frame !== all[at]) assert.equal(frame.slice(0, 500), all[at]?.slice(0, 500), `${at}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.up[Symbol.asyncDispose]();
    for (const simulator of this.simulators.values()) await simulator.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString();
}

/** Frames in raw by connection to the venue: each begins with its `connect`. */
export async function rawConnections(dataDir: string, feed: string): Promise<string[][]> {
  const storage = folderStorage(dataDir);
  const keys: string[] = [];
  for await (const { key } of storage.list(`raw/${ENV}/${feed}/`)) keys.push(key);
  const connections: string[][] = [];
  for (const key of keys.filter((each) => each.endsWith(".zst")).sort()) {
    for await (const line of readRaw(storage, key)) {
      if (line.kind === "event" && line.name === "connect") connections.push([]);
      else if (line.kind === "frame") connections.at(-1)?.push(line.text);
      else if (line.kind === "binary") connections.at(-1)?.push(Buffer.from(line.bytes).toString());
    }
  }
  await storage.close();
  return connections;
}
