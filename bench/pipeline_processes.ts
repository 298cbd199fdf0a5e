/** The processes of pipeline_bench.ts and what they agree on. @module */
import { endProcess } from "@ssmd/runtime";
import { SERVING_V8, SERVING_VARIABLES } from "../deploy/serving.ts";
import { Talker } from "./gateway_processes.ts";
import { writeRegistry } from "./registry.ts";
import { type Ran, runWatched } from "./watched.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** The environment that is measured. */
export const ENV = "bench";
/** Its markets. */
export const MARKETS = ["BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LTC", "LINK"].map((base) => ({
  symbol: `${base}USD`,
  external: `${base}/USD`,
}));

/** Wall clock, µs: unlike a clock that is carried on monotonically the same in all processes. */
export function systemUs(): number {
  return Number(Temporal.Now.instant().epochNanoseconds / 1_000n);
}

/** `{symbol}-{id}` of the trades in a frame of the venue; none of a snapshot. */
export function tradeKeys(frame: string): string[] {
  if (!frame.startsWith('{"channel":"trade","type":"update"')) return [];
  return [...frame.matchAll(/"symbol":"(\w+)\/(\w+)".*?"trade_id":(\d+)/g)]
    .map(([, base, quote, id]) => `${base}${quote}-${id}`);
}

function script(name: string, ...args: string[]): Talker {
  return new Talker(Deno.execPath(), ["run", "-A", "--frozen", `${ROOT}bench/${name}`, ...args]);
}

/** A venue with `pace` events a second, or as many `events` as fast as they are read. */
export async function startVenue(pace: number | "max", events = 0) {
  const talker = script("pipeline_venue.ts", String(pace), String(events));
  const { url } = JSON.parse(await talker.line()) as { url: string };
  return { talker, url };
}

/** The bare relay in front of a venue. */
export async function startRelay(venueUrl: string) {
  const talker = script("pipeline_relay.ts", venueUrl);
  const { port } = JSON.parse(await talker.line()) as { port: number };
  return { talker, pid: talker.pid, url: `ws://127.0.0.1:${port}` };
}

/** A program of the product at work. */
export interface Program {
  pid: number;
  /** The line that said so. */
  said: Record<string, unknown>;
  /** Asks it to end; what it took. */
  end(): Promise<Ran>;
}

/** Starts a program in `cwd` and waits for the line with `ready`. */
export async function startProgram(cwd: string, args: string[], ready: string): Promise<Program> {
  const started = Promise.withResolvers<{ child: Deno.ChildProcess; line: string }>();
  const lines: string[] = [];
  const [entry = "", ...flags] = args;
  const run = ["run", "-q", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`];
  const serves = flags[0] === "up";
  const ran = runWatched({
    args: [...run, ...(serves ? [SERVING_V8] : []), `${ROOT}${entry}`, ...flags],
    cwd,
    env: serves ? SERVING_VARIABLES : {},
    onLine: (line, child) => {
      lines.push(line);
      if (line.includes(ready)) started.resolve({ child, line });
    },
  });
  void ran.then(() => started.reject(new Error(`${entry} ended:\n${lines.join("\n")}`)));
  const { child, line } = await started.promise;
  return {
    pid: child.pid,
    said: JSON.parse(line),
    end: () => {
      endProcess(child, "SIGTERM");
      return ran;
    },
  };
}

/** A folder with a registry whose Kraken is at `venueUrl`. */
export async function makeFolder(venueUrl: string, ...more: string[]): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-pipeline-" });
  await writeRegistry(dir, ENV, [
    "feeds: [kraken]",
    "symbols:",
    ...MARKETS.map(({ symbol, external }) =>
      `  ${symbol}: { feed: kraken, external: ${external}, depth: 10 }`
    ),
    `endpoints: { kraken: "${venueUrl}" }`,
    "connects: { kraken: { burst: 1000, refill: 1ms } }",
    "storage: { type: local, path: ./data }",
    ...more,
  ]);
  return dir;
}
