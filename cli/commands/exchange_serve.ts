import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { ConfigError } from "@ssmd/runtime";
import { SIMULATED_VENUES, type SimulatedVenue } from "@ssmd/simulator";
import { FOR_FLAG, STREAM_FLAG } from "../flags.ts";
import type { StreamFormat } from "../output_format.ts";
import { parsePort, parsePositive, parseSeed, parseSpeed } from "../numbers.ts";
import { serveExchange } from "../serve_exchange.ts";

export { serveExchange, type ServeOptions } from "../serve_exchange.ts";

interface Flags {
  port: number;
  seed: number;
  rate: number;
  symbol?: readonly string[];
  capture?: readonly string[];
  speed: number | "max";
  renumber: boolean;
  fault?: readonly string[];
  ledger?: string;
  key?: string;
  for?: number;
  output?: StreamFormat;
}

function parseVenue(text: string): SimulatedVenue {
  const venue = SIMULATED_VENUES.find((each) => each === text);
  if (venue !== undefined) return venue;
  throw new ConfigError("VENUE_UNKNOWN", `"${text}" cannot be simulated.`, {
    hint: `allowed: ${SIMULATED_VENUES.join(", ")}`,
  });
}

const DESCRIPTION = `Serve a venue's own protocol on loopback, from a market model or a capture.

Any client of the venue works against it: subscriptions, replies, errors, heartbeats, sequence
numbers, checksums; Kalshi's handshake must be signed. Same seed, same bytes.

FAULTS  drop, skip, checksum, repeat, rubbish, silent, each with every:30s, at:10s or frames:1000
  --fault drop=every:30s
  --fault silent=every:1m,for:5s
  --fault skip=frames:1000,kind:trade,count:2
  --fault rubbish=at:10s,what:binary      json, binary, unknown, truncated, huge
  or at any time by POST to /fault on the same port

EXAMPLES
  ssmd exchange serve kraken
  ssmd exchange serve kraken --symbol BTC/USD --rate 2000 --speed max
  ssmd exchange serve kalshi --port 9001 --fault drop=every:30s
  ssmd exchange serve kraken --for 1m --output json
  ssmd exchange serve kraken --capture session.jsonl.zst --speed 10`;

const VENUE = {
  brief: "kraken or kalshi",
  parse: parseVenue,
  placeholder: "venue",
  values: SIMULATED_VENUES,
};

/** `ssmd exchange serve` */
export const command: Command<CommandContext> = buildCommand<
  Flags,
  [SimulatedVenue],
  CommandContext
>({
  docs: {
    brief: "Serve a venue's own protocol on loopback, from a market model or a capture",
    fullDescription: DESCRIPTION,
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [VENUE],
    },
    flags: {
      port: {
        kind: "parsed",
        parse: parsePort,
        brief: "Port, 0 = a free one",
        default: "0",
        placeholder: "n",
      },
      seed: {
        kind: "parsed",
        parse: parseSeed,
        brief: "Seed of the model",
        default: "1",
        placeholder: "n",
      },
      rate: {
        kind: "parsed",
        parse: parsePositive,
        brief: "Mean events a second of the model, all markets together",
        default: "100",
        placeholder: "n",
      },
      symbol: {
        kind: "parsed",
        parse: String,
        brief: "Market of the model, in the venue's spelling; may be repeated",
        variadic: true,
        optional: true,
        placeholder: "market",
      },
      capture: {
        kind: "parsed",
        parse: String,
        brief: "Recorded frames to play instead of the model; may be repeated",
        variadic: true,
        optional: true,
        placeholder: "file",
      },
      speed: {
        kind: "parsed",
        parse: parseSpeed,
        brief: "Multiple of real time, or max: as fast as the client reads",
        default: "1",
        placeholder: "n|max",
      },
      renumber: {
        kind: "boolean",
        brief: "Number a Kalshi capture's sid and seq anew for each client",
        default: false,
      },
      fault: {
        kind: "parsed",
        parse: String,
        brief: "What goes wrong and when; may be repeated",
        variadic: true,
        optional: true,
        placeholder: "fault",
      },
      ledger: {
        kind: "parsed",
        parse: String,
        brief: "File that notes every frame sent",
        optional: true,
        placeholder: "file",
      },
      key: {
        kind: "parsed",
        parse: String,
        brief: "Kalshi: key that handshakes must be signed with (PEM); default: made anew",
        optional: true,
        placeholder: "file",
      },
      for: FOR_FLAG,
      output: STREAM_FLAG,
    },
  },
  async func(flags: Flags, venue: SimulatedVenue): Promise<void> {
    const ending = new AbortController();
    const end = () => ending.abort();
    Deno.addSignalListener("SIGINT", end);
    Deno.addSignalListener("SIGTERM", end);
    try {
      await serveExchange({
        venue,
        port: flags.port,
        seed: flags.seed,
        rate: flags.rate,
        symbols: flags.symbol ?? [],
        captures: flags.capture ?? [],
        speed: flags.speed,
        renumber: flags.renumber,
        faults: flags.fault ?? [],
        signal: ending.signal,
        write: (text) => this.process.stdout.write(text),
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
