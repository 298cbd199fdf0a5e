import { z } from "zod";
import { SIMULATED_VENUES } from "@ssmd/simulator";
import { RUN_FOR, STREAM_OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { duration, file, on, parsed, text, word } from "../command/flag.ts";
import {
  parseBalance,
  parsePercent,
  parsePort,
  parsePositive,
  parseRoll,
  parseSeed,
  parseShare,
  parseSpeed,
} from "../numbers.ts";
import { serveExchange } from "../serve_exchange.ts";

const EVENT = z.looseObject({
  time: z.string().describe("ISO 8601"),
  level: z.enum(["debug", "info", "warn", "error"]),
  message: z.string(),
  venue: z.enum(SIMULATED_VENUES).exactOptional(),
  url: z.string().exactOptional().describe("serving: address of the venue's protocol"),
  port: z.int().exactOptional(),
  faults: z.union([z.string(), z.int()]).exactOptional()
    .describe("serving: address that accepts faults by POST; ended: number of faults that struck"),
  key_id: z.string().exactOptional(),
  key_file: z.string().exactOptional(),
  api_secret: z.string().exactOptional().describe(
    "Kraken: secret that signs requests, with key_id as the key",
  ),
  accepted: z.int().exactOptional(),
  refused: z.int().exactOptional(),
  frames: z.int().exactOptional(),
});

export default defineCommand({
  name: "exchange serve",
  brief: "Serve a venue's own protocol on loopback, from a market model or a capture",
  description: "Any client of the venue can connect: it gets subscriptions, replies, errors, " +
    "heartbeats, sequence numbers and checksums; Kalshi's handshake must be signed. The same " +
    "seed gives the same bytes. A model of Kalshi or Kraken also serves the venue's REST for " +
    "its markets on the same port.\n\nORDERS  A model of Kraken accepts orders (limit, " +
    "market, IOC, post only) over REST and WebSocket, with the key that is printed; one of " +
    "Kalshi over REST below /portfolio. Orders are matched against the book, best price " +
    "first; the rest queues there and is filled when the model trades through it. All " +
    "clients share one account.\n\nFAULTS  drop, skip, checksum, repeat, rubbish, silent, " +
    "refuse, mute, forget, each with every:30s, at:10s or frames:1000\n  --fault " +
    "drop=every:30s\n  --fault silent=every:1m,for:5s\n  --fault " +
    "skip=frames:1000,kind:trade,count:2\n  --fault rubbish=at:10s,what:binary      json, " +
    "binary, unknown, truncated, huge\n  --fault " +
    "refuse=at:10s,symbol:ETH/USD,kind:trade,count:1     refused as the venue does\n  " +
    "--fault mute=at:10s,symbol:ETH/USD,for:1m                   confirmed, but no data\n  " +
    "--fault checksum=at:10s,symbol:ETH/USD                      each update of its book\n  " +
    "--fault forget=every:5m                 subscriptions are dropped, as after " +
    "maintenance\n  or at any time by POST to /fault on the same port",
  examples: [
    "ssmd exchange serve kraken",
    "ssmd exchange serve kraken --symbol BTC/USD --rate 2000 --speed max",
    "ssmd exchange serve kalshi --port 9001 --fault drop=every:30s",
    "ssmd exchange serve kraken --taker-fee 0.1 --latency 50ms --fill-share 0.5 --balance USD=5000",
    "ssmd exchange serve kalshi --roll KXBTC15M=15m --speed 60",
    "ssmd exchange serve kraken --for 1m --output json",
    "ssmd exchange serve kraken --capture session.jsonl.zst --speed 10",
  ],
  flags: {
    port: parsed(parsePort, "Port, 0 = any free port", {
      default: "0",
      placeholder: "n",
      type: "number",
    }),
    seed: parsed(parseSeed, "Seed of the model", {
      default: "1",
      placeholder: "n",
      type: "number",
    }),
    rate: parsed(parsePositive, "Mean events per second of the model, over all markets", {
      default: "100",
      placeholder: "n",
      type: "number",
    }),
    symbol: text("Market of the model, in the venue's spelling; may be repeated", {
      placeholder: "market",
      repeated: true,
    }),
    roll: parsed(parseRoll, "Kalshi: series whose markets succeed each other; may be repeated", {
      placeholder: "series=15m",
      repeated: true,
    }),
    capture: file("Recorded frames to play instead of the model; may be repeated", {
      repeated: true,
    }),
    speed: parsed(parseSpeed, "Multiple of real time, or max: as fast as the client reads", {
      default: "1",
      placeholder: "n|max",
      type: "number",
    }),
    renumber: on("Give each client of a Kalshi capture its own sid and seq"),
    fault: text("Fault and its time; may be repeated", {
      placeholder: "fault",
      repeated: true,
    }),
    makerFee: parsed(parsePercent, "Orders: maker fee; default the venue's", {
      placeholder: "percent",
      type: "number",
    }),
    takerFee: parsed(parsePercent, "Orders: taker fee; default the venue's", {
      placeholder: "percent",
      type: "number",
    }),
    latency: duration("Orders: delay until they reach the book; default none"),
    fillShare: parsed(
      parseShare,
      "Orders: share of each level they are filled with; the rest goes to others",
      {
        placeholder: "0…1",
        type: "number",
      },
    ),
    balance: parsed(
      parseBalance,
      "Orders: starting balance of an asset; default 100,000 of each currency",
      {
        placeholder: "asset=5000",
        repeated: true,
      },
    ),
    ledger: file("File to which every sent frame is written"),
    key: file("Kalshi: key that must sign handshakes (PEM); default: a new one"),
    for: RUN_FOR,
    output: STREAM_OUTPUT,
  },
  args: [
    word(SIMULATED_VENUES, "kraken, kalshi or polymarket", {
      placeholder: "venue",
      required: true,
    }),
  ],
  prints: EVENT,
  async run({ flags, args: [venue], context: { process: { stdout } } }) {
    const ending = new AbortController();
    const end = () => ending.abort();
    Deno.addSignalListener("SIGINT", end);
    Deno.addSignalListener("SIGTERM", end);
    const { port, seed, rate, speed, renumber } = flags;
    try {
      await serveExchange({
        ...{ venue, port, seed, rate, speed, renumber },
        symbols: flags.symbol ?? [],
        rolls: flags.roll ?? [],
        captures: flags.capture ?? [],
        faults: flags.fault ?? [],
        trading: {
          ...(flags.makerFee === undefined ? {} : { makerFee: flags.makerFee }),
          ...(flags.takerFee === undefined ? {} : { takerFee: flags.takerFee }),
          ...(flags.latency === undefined ? {} : { latencyMs: flags.latency }),
          ...(flags.fillShare === undefined ? {} : { fillShare: flags.fillShare }),
          ...(flags.balance === undefined ? {} : { balances: Object.fromEntries(flags.balance) }),
        },
        signal: ending.signal,
        write: (text) => stdout.write(text),
        ...(flags.ledger === undefined ? {} : { ledger: flags.ledger }),
        ...(flags.key === undefined ? {} : { key: flags.key }),
        json: flags.output === "json",
        ...(flags.for === undefined ? {} : { forMs: flags.for }),
      });
    } finally {
      Deno.removeSignalListener("SIGINT", end);
      Deno.removeSignalListener("SIGTERM", end);
    }
  },
});
