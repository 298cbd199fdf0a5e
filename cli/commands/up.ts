import { z } from "zod";
import type { Logger } from "@ssmd/runtime";
import { VenueError } from "@ssmd/runtime/errors";
import { ENVIRONMENT, RUN_FOR, STREAM_OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice, dir, file, parsed, type ValuesOf } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { parsePort, parseSpeed } from "../numbers.ts";
import type { StreamFormat } from "../output_format.ts";
import { bannerOf, statusLineOf, summaryOf, totalsOf } from "../up/status.ts";
import type { Up } from "../up/up.ts";

const STATUS_MS = 1000;
const CLEAR_LINE = "\r\x1b[K";

const EVENT = z.looseObject({
  time: z.string().describe("ISO 8601"),
  level: z.enum(["debug", "info", "warn", "error"]),
  message: z.string(),
  env: z.string().exactOptional(),
  page: z.string().exactOptional().describe("running: address of the live page"),
  data: z.string().exactOptional().describe("running: location of the archive"),
  why: z.string().exactOptional().describe("captured: reason of the end"),
  seconds: z.number().exactOptional().describe("captured: running time"),
  frames: z.int().exactOptional(),
  records: z.int().exactOptional(),
  archived: z.int().exactOptional(),
  gaps: z.int().exactOptional(),
});

const TIMES = ["received", "recorded"] as const;

const FLAGS = {
  env: ENVIRONMENT,
  capture: file("Recorded file to play; may be given several times", { repeated: true }),
  speed: parsed(parseSpeed, "Speed of captures and models: max, or a multiple of their own", {
    default: "1",
    placeholder: "n|max",
    type: "number",
  }),
  times: choice(TIMES, "Receive times of a capture's records: current, or as recorded", {
    default: "received",
  }),
  port: parsed(parsePort, "Port of the gateway, 0 = any free port", {
    placeholder: "n",
    type: "number",
  }),
  data: dir("Folder of archive and spool"),
  for: RUN_FOR,
  output: STREAM_OUTPUT,
};

type Flags = ValuesOf<typeof FLAGS>;

export default defineCommand({
  name: "up",
  brief: "Start everything for an environment in one process",
  description:
    "Runs simulated exchanges, if the environment has them, connectors, archiver, gateway " +
    "and live page.\n\n--capture plays files instead of the environment's feeds, line by " +
    "line: raw files of ssmd in the order of their connections, other recordings one after " +
    "another, in the wire format of their day. up ends after the last file, unless --for is " +
    "given, and with exit code 1 if the venue refused a subscription. With --times recorded, " +
    "records keep the recording's receive times and go to its days, unless the archive already " +
    "has frames of these times.\n\nIf stdout is not a " +
    "terminal, or with --output json, each event is one JSON value per line: running has the " +
    "gateway's address, captured the counts.",
  shippedRegistry: true,
  examples: [
    "ssmd up",
    "ssmd up --env kraken --port 9000",
    "ssmd up --capture session.jsonl.zst --speed max --data /tmp/replay",
    "ssmd up --capture session.jsonl.zst --speed max --times recorded --data ./recorded",
    "ssmd up --for 30s --port 0 --output json",
  ],
  flags: FLAGS,
  prints: EVENT,
  run: ({ flags, context }) => runUp(context, flags),
});

async function runUp(context: SsmdContext, flags: Flags): Promise<void> {
  const { globals, process: { stdout } } = context;
  // Import late, so that help and usage errors cost no more than the parser.
  const { sleep, untilSignal } = await import("@ssmd/runtime");
  const { startUp } = await import("../up/up.ts");
  const { registryDirOf } = await import("../registry_dir.ts");
  const registryDir = await registryDirOf(globals);
  const { quiet } = globals;
  const files = flags.capture ?? [];
  const terminal = Deno.stdout.isTerminal() && !quiet && flags.output !== "json";
  const logger = terminal ? await statusLogger() : await eventLogger(flags.output, quiet);
  const startedMs = performance.now();
  // Listen before the start, so that a signal during spool recovery also ends `up`.
  const ended = new AbortController();
  const signalled = new AbortController();
  const signal = untilSignal(ended.signal).then((name) => {
    if (name !== undefined) signalled.abort();
    return name ?? "";
  });
  const up = await startUp({
    env: flags.env,
    registryDir,
    captures: { files, times: flags.times },
    speed: flags.speed,
    logger,
    signal: signalled.signal,
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  }).catch((error) => {
    ended.abort();
    throw error;
  });
  const banner = bannerOf(up);
  if (terminal) stdout.write(banner.join("\n") + "\n");
  else logger.info("running", { env: up.env, page: `${up.gatewayUrl}/`, data: up.location });
  const status = terminal ? showStatus(up, stdout) : undefined;
  const ending = flags.for === undefined
    ? up.played.then(() => "played to the end")
    : sleep(flags.for, ended.signal).then(() => "time is over");
  const end = await Promise.race([signal, ending, up.denied]);
  const why = typeof end === "string" ? end : end.message;
  ended.abort();
  clearInterval(status);
  if (terminal) stdout.write(`${CLEAR_LINE}${why}: draining and sealing …\n`);
  await up.close();
  const seconds = (performance.now() - startedMs) / 1000;
  if (terminal) stdout.write(summaryOf(up, seconds).join("\n") + "\n");
  else {
    logger.info("captured", {
      why,
      seconds: Math.round(seconds * 1000) / 1000,
      ...totalsOf(up),
    });
  }
  if (typeof end !== "string") throw end;
  if (files.length > 0) assertNothingRefused(up.refused());
}

/** Throws VenueError `SUBSCRIPTION_REFUSED` when a recording lacks a subscribed channel. */
function assertNothingRefused(refused: number): void {
  if (refused === 0) return;
  throw new VenueError("SUBSCRIPTION_REFUSED", `The venue refused ${refused} of what was ordered`, {
    hint: "The gap records of reason subscription say what and why",
  });
}

function showStatus(up: Up, stdout: { write(text: string): void }): ReturnType<typeof setInterval> {
  let before = totalsOf(up);
  let beforeMs = performance.now();
  return setInterval(() => {
    const nowMs = performance.now();
    stdout.write(CLEAR_LINE + fitted(statusLineOf(up, before, (nowMs - beforeMs) / 1000)));
    before = totalsOf(up);
    beforeMs = nowMs;
  }, STATUS_MS);
}

function fitted(line: string): string {
  return line.slice(0, Deno.consoleSize().columns - 1);
}

async function eventLogger(output: StreamFormat | undefined, quiet: boolean): Promise<Logger> {
  const { createLogger } = await import("@ssmd/runtime");
  const level = quiet ? "warn" : "info";
  if (output === undefined) return createLogger({ level });
  return createLogger({ level, format: output === "json" ? "json" : "plain" });
}

/** Logger that writes above the status line. */
async function statusLogger(): Promise<Logger> {
  const { createLogger } = await import("@ssmd/runtime");
  const encoder = new TextEncoder();
  return createLogger({
    format: "plain",
    level: "warn",
    write: (line) => void Deno.stdout.writeSync(encoder.encode(`${CLEAR_LINE}${line}\n`)),
  });
}
