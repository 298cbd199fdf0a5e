import { createPublicKey } from "node:crypto";
import { venueNamed } from "@ssmd/exchanges";
import { ConfigError, createLogger, type Logger, type LogLevel, messageOf } from "@ssmd/runtime";
import {
  demoKey,
  inspectCapture,
  KRAKEN_DEMO_KEY,
  parseScheduledFault,
  type SeriesRollOptions,
  type SimulatedVenueId,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type TradingOptions,
} from "@ssmd/simulator";
import { exampleClient } from "./example_client.ts";
import { countText } from "./format.ts";

/** Options of {@linkcode serveExchange}. */
export interface ServeOptions {
  venue: SimulatedVenueId;
  /** 0 = any free port. */
  port: number;
  seed: number;
  /** Mean event rate of the model, events per second. */
  rate: number;
  /** Markets of the model; empty = well-known defaults. */
  symbols: readonly string[];
  /** Kalshi: series whose markets succeed each other. */
  rolls?: readonly SeriesRollOptions[];
  /** Captures to play instead of the model. */
  captures: readonly string[];
  speed: number | "max";
  /** Renumber Kalshi's `sid` and `seq`. */
  renumber: boolean;
  /** Order execution of the model. */
  trading?: Partial<TradingOptions>;
  /** Fault schedules such as `drop=every:30s`. */
  faults: readonly string[];
  ledger?: string;
  /** Kalshi: file with the key, public or private, for verifying handshakes. */
  key?: string;
  /** Run time limit, ms. */
  forMs?: number;
  /** End when everything was played and read. */
  untilPlayed?: boolean;
  /** Write one JSON value per line instead of text. */
  json?: boolean;
  /** Stops the server. */
  signal: AbortSignal;
  write(text: string): void;
}

interface Key {
  keyId: string;
  publicKeyPem: string;
  /** File with the private key for clients; a generated one is temporary. */
  path: string;
  temporary: boolean;
}

async function readKey(path: string): Promise<Key> {
  try {
    const publicKey = createPublicKey(await Deno.readTextFile(path));
    const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
    return { keyId: "any", publicKeyPem, path, temporary: false };
  } catch (cause) {
    throw new ConfigError("KEY_UNREADABLE", `The key ${path} cannot be read`, {
      cause,
      context: { path, why: messageOf(cause) },
      hint: "Give an RSA or Ed25519 key in PEM, public or private",
    });
  }
}

async function makeKey(): Promise<Key> {
  const { keyId, privateKeyPem, publicKeyPem } = await demoKey();
  const path = await Deno.makeTempFile({ prefix: "ssmd-demo-key-", suffix: ".pem" });
  await Deno.writeTextFile(path, privateKeyPem, { mode: 0o600 });
  return { keyId, publicKeyPem, path, temporary: true };
}

function sourceOf(options: ServeOptions): SimulatorOptions["source"] {
  const { speed, captures } = options;
  if (captures.length > 0) {
    return { type: "capture", files: captures, speed, keepSequence: !options.renumber };
  }
  return {
    type: "model",
    seed: options.seed,
    ratePerSecond: options.rate,
    speed,
    symbols: options.symbols.map((external) => ({ external })),
    rolls: options.rolls ?? [],
  };
}

async function symbolsOf(options: ServeOptions): Promise<string[]> {
  if (options.captures.length === 0) return [...options.symbols];
  const symbols = new Set<string>();
  for (const file of options.captures) {
    for (const symbol of (await inspectCapture(file)).symbols) symbols.add(symbol);
  }
  return [...symbols];
}

async function explain(options: ServeOptions, simulator: Simulator, key?: Key): Promise<string> {
  const what = options.captures.length === 0
    ? `market model, seed ${options.seed}, about ${options.rate} events/s`
    : countText(options.captures.length, "capture");
  const symbols = await symbolsOf(options);
  const lines = [
    `${options.venue} at ${simulator.url}  (${what}, speed ${options.speed})`,
    ...(key === undefined ? [] : [`key       ${key.keyId}`, `key file  ${key.path}`]),
    `faults    curl -d '{"type":"drop"}' http://127.0.0.1:${simulator.port}/fault`,
    ...restLine(options, simulator),
    "",
    "Try it:",
    exampleClient({ venue: options.venue, url: simulator.url, symbols, ...key && { key } }),
    "",
  ];
  return lines.join("\n") + "\n";
}

/** REST address of the model; none for captures or venues without REST. */
function restLine({ venue, captures }: ServeOptions, { port }: Simulator): string[] {
  const { catalogue } = venueNamed(venue);
  if (catalogue === undefined || captures.length > 0) return [];
  const { key, secret } = KRAKEN_DEMO_KEY;
  return [
    `REST      http://127.0.0.1:${port}${new URL(catalogue.url).pathname}`,
    ...(venue === "kraken" ? [`orders    key ${key}, secret ${secret}`] : []),
  ];
}

function eventsOf({ json, write }: ServeOptions, level: LogLevel = "info"): Logger {
  const writeLine = (line: string) => write(`${line}\n`);
  return createLogger({ level, write: writeLine, ...(json ? { format: "json" as const } : {}) });
}

function served(options: ServeOptions, { url, port }: Simulator, key?: Key) {
  return {
    ...{ venue: options.venue, url, port, faults: `http://127.0.0.1:${port}/fault` },
    ...(key === undefined ? {} : { key_id: key.keyId, key_file: key.path }),
    ...(options.venue === "kraken" && options.captures.length === 0
      ? { key_id: KRAKEN_DEMO_KEY.key, api_secret: KRAKEN_DEMO_KEY.secret }
      : {}),
  };
}

/** Resolves on abort or after `forMs`. */
function untilEnd(options: ServeOptions): Promise<void> {
  return new Promise((resolve) => {
    const timer = options.forMs === undefined ? undefined : setTimeout(resolve, options.forMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    if (options.signal.aborted) end();
    else options.signal.addEventListener("abort", end, { once: true });
  });
}

/**
 * Serves a simulated exchange on loopback until stopped. Throws ConfigError for invalid options,
 * StorageError for files that cannot be read or written.
 */
export async function serveExchange(options: ServeOptions): Promise<void> {
  const { venue } = options;
  if (options.captures.length > 0 && options.symbols.length > 0) {
    throw new ConfigError("SYMBOLS_OF_CAPTURE", "A capture has its own markets", {
      hint: "Leave --symbol or --capture out",
    });
  }
  const faults = options.faults.map((text) => parseScheduledFault(text, venue));
  const key = venue !== "kalshi"
    ? undefined
    : options.key === undefined
    ? await makeKey()
    : await readKey(options.key);
  try {
    const simulator = await startSimulator({
      venue,
      port: options.port,
      source: sourceOf(options),
      trading: options.trading ?? {},
      faults,
      logger: eventsOf(options, "warn"),
      ...(key === undefined ? {} : { publicKeyPem: key.publicKeyPem }),
      ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
    });
    if (options.json) eventsOf(options).info("serving", served(options, simulator, key));
    else options.write(await explain(options, simulator, key));
    const played = new AbortController();
    if (options.untilPlayed) void simulator.done.finally(() => played.abort()).catch(() => {});
    const signal = AbortSignal.any([options.signal, played.signal]);
    await untilEnd({ ...options, signal });
    const { accepted, refused, framesSent, faults: struck } = simulator.stats();
    await simulator.close();
    const stats = { accepted, refused, frames: framesSent, faults: struck };
    if (options.json) eventsOf(options).info("ended", stats);
    else {
      options.write(
        `${countText(accepted, "connection")}, ${refused} refused, ` +
          `${countText(framesSent, "frame")} sent, ${countText(struck, "fault")}\n`,
      );
    }
  } finally {
    if (key?.temporary) await Deno.remove(key.path);
  }
}
