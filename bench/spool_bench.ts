/**
 * Frames a second that become durable in the spool, against writing the same bytes to a file with
 * one fdatasync for a thousand, and against JSON.parse of the frames.
 */
import { Buffer } from "node:buffer";
import { Spool } from "@ssmd/connector";
import { FRAMES, krakenBooks } from "./frames.ts";
import { measure, type Measurement, tableOf } from "./measure.ts";

const ROUNDS = 7;
const REPEATS = 5;
const GROUP = 1000;

async function median(name: string, round: () => Promise<void>): Promise<Measurement> {
  const speeds: number[] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    const startMs = performance.now();
    await round();
    const seconds = (performance.now() - startMs) / 1000;
    if (i > 0) speeds.push(FRAMES * REPEATS / seconds);
  }
  speeds.sort((a, b) => a - b);
  return { name, opsPerSecond: speeds[speeds.length >> 1] ?? 0 };
}

function openSpool(
  dir: string,
  onDurable: (count: number) => void,
  countsWritten = false,
): Spool {
  return new Spool("bench", {
    ...{ dir, onDurable, countsWritten },
    header: (firstLine) => ({
      ...{ run: "bench", env: "bench", feed: "kraken", firstLine, openedUs: 0 },
      connections: [],
    }),
    onClosed: ({ path }) => Deno.removeSync(path),
    onTrouble: (error) => {
      if (error) throw error;
    },
  });
}

/** How long lines wait in the spool at 5,000 a second: median and 99 of 100, ms. */
async function waits(dir: string, frames: readonly Buffer[], countsWritten: boolean) {
  const appendedMs: number[] = [];
  const waitedMs: number[] = [];
  const spool = openSpool(dir, (count) => {
    const nowMs = performance.now();
    for (let i = 0; i < count; i++) waitedMs.push(nowMs - (appendedMs[waitedMs.length] ?? NaN));
  }, countsWritten);
  for (const [i, frame] of frames.slice(0, 2500).entries()) {
    appendedMs.push(performance.now());
    spool.append(1, 1, `{"t":"1785552832693693000","m":`, frame, "}");
    if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 4));
  }
  await spool.close();
  waitedMs.sort((a, b) => a - b);
  return [0.5, 0.99].map((share) => waitedMs[Math.floor(waitedMs.length * share)] ?? NaN);
}

/** Both ways in turn: medians of the rounds. */
async function benchWaits(dir: string, frames: readonly Buffer[]): Promise<void> {
  const rounds = { spool: [] as number[][], bus: [] as number[][] };
  for (let i = 0; i < ROUNDS; i++) {
    for (const durability of ["spool", "bus"] as const) {
      rounds[durability].push(await waits(dir, frames, durability === "bus"));
    }
  }
  for (const [durability, measured] of Object.entries(rounds)) {
    const [p50, p99] = [0, 1].map((i) =>
      measured.map((each) => each[i] ?? NaN).sort((a, b) => a - b)[ROUNDS >> 1]?.toFixed(2)
    );
    console.log(`durability: ${durability.padEnd(5)} a line waits ${p50} ms, 99 of 100 ${p99} ms`);
  }
}

async function throughSpool(dir: string, frames: readonly Buffer[]): Promise<void> {
  let durable = 0;
  const spool = openSpool(dir, (count) => durable += count);
  for (let r = 0; r < REPEATS; r++) {
    for (const [i, frame] of frames.entries()) {
      spool.append(1, 1, `{"t":"1785552832693693000","m":`, frame, "}");
      // As between two reads of a socket.
      if (i % GROUP === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  await spool.close();
  if (durable !== FRAMES * REPEATS) throw new RangeError(`${durable} lines are durable`);
}

async function plainFile(dir: string, frames: readonly Buffer[]): Promise<void> {
  const file = await Deno.open(`${dir}/plain`, { write: true, create: true, truncate: true });
  for (let r = 0; r < REPEATS; r++) {
    for (let i = 0; i < frames.length; i += GROUP) {
      await file.write(Buffer.concat(frames.slice(i, i + GROUP)));
      await file.syncData();
    }
  }
  file.close();
}

const texts = krakenBooks();
const frames = texts.map((text) => Buffer.from(text));
const dir = await Deno.makeTempDir();
try {
  console.log(tableOf([
    measure("JSON.parse of the frames", texts.length, () => {
      for (const text of texts) JSON.parse(text);
    }),
    await median("plain file, one fdatasync a thousand", () => plainFile(dir, frames)),
    await median("spool: frame to durable line", () => throughSpool(dir, frames)),
  ], "JSON.parse of the frames"));
  await benchWaits(dir, frames);
} finally {
  await Deno.remove(dir, { recursive: true });
}
