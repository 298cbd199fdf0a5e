/**
 * A simulated day, whole: captures N frames of S markets as fast as it goes, seals, verifies, reads
 * one market out of it, each step in a process of its own, and prints what each took.
 * `deno task bench day [--frames 1000000] [--symbols 500] [--dir folder]`. @module
 */
import { parseArgs } from "node:util";
import { readArchive } from "@ssmd/archive";
import { folderStorage } from "@ssmd/storage";
import { writeRegistry } from "./registry.ts";
import { type Ran, runWatched } from "./watched.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const ENV = "day";
const POLL_MS = 500;
/** Time without a new frame after which a capture is given up. */
const STALL_MS = 60_000;

interface Step extends Ran {
  name: string;
  note: string;
}

async function makeRegistry(dir: string, symbols: number): Promise<void> {
  const markets = Array.from({ length: symbols }, (_, i) => {
    const name = `M${String(i).padStart(4, "0")}`;
    return `  ${name}USD: { feed: kraken, external: ${name}/USD, depth: 10 }`;
  });
  await writeRegistry(dir, ENV, [
    "feeds: [kraken]",
    "symbols:",
    ...markets,
    "simulator: { seed: 1, rate: 100000 }",
    "transport: { type: memory }",
    "storage: { type: local, path: ./data }",
    "journal: { type: memory }",
    "gateway: { host: 127.0.0.1, port: 8080 }",
  ]);
}

function ssmd(
  dir: string,
  args: string[],
  onLine?: (line: string, child: Deno.ChildProcess) => void,
) {
  const run = ["run", "-q", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`];
  return runWatched({
    args: [...run, `${ROOT}cli/main.ts`, ...args],
    cwd: dir,
    ...(onLine === undefined ? {} : { onLine }),
  });
}

/** Frames that the connector of the process at `page` has received. */
async function framesAt(page: string): Promise<number> {
  const text = await fetch(`${page}metrics`).then((answer) => answer.text(), () => "");
  const lines = text.matchAll(/^ssmd_connector_messages_received_total\{[^}]*\} (\d+)/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function capture(dir: string, frames: number): Promise<Step> {
  let captured = "";
  let timer: ReturnType<typeof setInterval> | undefined;
  const ran = await ssmd(
    dir,
    ["up", "--env", ENV, "--port", "0", "--speed", "max", "--data", "data", "--output", "json"],
    (line, child) => {
      const event = JSON.parse(line);
      if (event.message === "captured") {
        captured = `${event.frames} frames, ${event.records} records`;
      }
      if (event.message !== "running") return;
      let seen = 0;
      let seenMs = performance.now();
      timer = setInterval(async () => {
        const count = await framesAt(event.page);
        if (count > seen) [seen, seenMs] = [count, performance.now()];
        if (count < frames && performance.now() - seenMs < STALL_MS) return;
        clearInterval(timer);
        child.kill("SIGINT");
      }, POLL_MS);
    },
  );
  clearInterval(timer);
  return { name: "capture", ...ran, note: captured };
}

async function readOne(dir: string): Promise<Step> {
  const storage = folderStorage(`${dir}/data`);
  const startMs = performance.now();
  let records = 0;
  const query = { env: ENV, feed: "kraken", symbols: ["M0007USD"] };
  for await (const batch of readArchive(storage, query)) records += batch.length;
  await storage.close();
  const seconds = (performance.now() - startMs) / 1000;
  return { name: "read M0007USD", code: 0, seconds, peakBytes: 0, note: `${records} records` };
}

async function sizeOf(dir: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isFile, isDirectory } of Deno.readDir(dir)) {
    if (isFile) bytes += (await Deno.stat(`${dir}/${name}`)).size;
    if (isDirectory) bytes += await sizeOf(`${dir}/${name}`);
  }
  return bytes;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function tell({ name, code, seconds, peakBytes, note }: Step): void {
  const peak = peakBytes > 0 ? `${mib(peakBytes)} at most` : "";
  const failed = code === 0 ? "" : `  ended with ${code}`;
  console.log(`${name.padEnd(14)} ${seconds.toFixed(1).padStart(8)} s  ${peak}  ${note}${failed}`);
}

/** Whether the program has a command; steps of others are left out where they are not there. */
async function hasCommand(dir: string, ...words: string[]): Promise<boolean> {
  return (await ssmd(dir, [...words, "--help"])).code === 0;
}

async function main(dir: string, frames: number, symbols: number): Promise<number> {
  await makeRegistry(dir, symbols);
  const steps: Step[] = [];
  const step = (each: Step) => {
    steps.push(each);
    tell(each);
  };
  step(await capture(dir, frames));
  const [raw, windows] = [await sizeOf(`${dir}/data/raw`), await sizeOf(`${dir}/data/normalized`)];
  let last = "";
  const seal = ["archive", "seal", "--data", "data", "--force"];
  const sealed = await ssmd(dir, seal, (line) => last = line);
  const normalized = await sizeOf(`${dir}/data/normalized`);
  step({ name: "seal", ...sealed, note: last });
  if (await hasCommand(dir, "data", "inventory")) {
    const ran = await ssmd(dir, ["data", "inventory", "--data", "data"], (line) => last = line);
    step({ name: "inventory", ...ran, note: last });
  }
  const verify = await ssmd(dir, ["archive", "verify", "--data", "data"], (line) => last = line);
  step({ name: "verify", ...verify, note: last });
  step(await readOne(dir));
  const share = (bytes: number) => `${mib(bytes)} (${(100 * bytes / raw).toFixed(0)} % of raw)`;
  console.log(`raw ${mib(raw)}, windows ${share(windows)}, sealed ${share(normalized)}`);
  return steps.every(({ code }) => code === 0) ? 0 : 1;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      frames: { type: "string", default: "1000000" },
      symbols: { type: "string", default: "500" },
      dir: { type: "string" },
    },
  });
  const dir = values.dir ?? await Deno.makeTempDir({ prefix: "ssmd-day-" });
  await Deno.mkdir(dir, { recursive: true });
  try {
    Deno.exitCode = await main(dir, Number(values.frames), Number(values.symbols));
  } finally {
    if (values.dir === undefined) await Deno.remove(dir, { recursive: true });
  }
}
