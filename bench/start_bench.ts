/**
 * What a start costs: commands in CPU and wall time over an empty `deno run`, and `up` of the demo
 * environment until it listens and until a client has its first record; its memory when idle. Both
 * through `cli/ssmd`, as a person starts them: `deno task bench start [--rounds=9] [--idle=12]`.
 * The first round warms Deno's cache and is not counted.
 */
import { median } from "./measure.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const SSMD = `${ROOT}cli/ssmd`;
const SUBSCRIBE = JSON.stringify({
  ...{ action: "subscribe", id: 1, symbols: ["BTCUSD"] },
  types: ["trade", "ticker", "orderbook"],
});
/** A start that takes longer has failed. */
const START_MS_MAX = 30_000;

/** A whole number after `--name=`. */
function flag(name: string, otherwise: number): number {
  const given = Deno.args.find((arg) => arg.startsWith(`--${name}=`));
  return given === undefined ? otherwise : Number(given.split("=")[1]);
}

/** One run of a command, ms. */
interface CommandCost {
  wallMs: number;
  cpuMs: number;
}

/** Runs a command in the repository; bash tells the processor time of all its processes. */
async function costOf(words: readonly string[]): Promise<CommandCost> {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1';
  const command = new Deno.Command("bash", { args: ["-c", script, "bash", ...words], cwd: ROOT });
  const { stderr, code } = await command.output();
  const text = new TextDecoder().decode(stderr);
  const [real = NaN, user = NaN, system = NaN] = text.trim().split(" ").map(Number);
  if (code !== 0 || Number.isNaN(system)) throw new Error(`${words.join(" ")}: ${code} ${text}`);
  return { wallMs: real * 1000, cpuMs: (user + system) * 1000 };
}

/** One start of `up`. */
interface UpCost {
  listeningMs: number;
  recordMs: number;
  cpuMs: number;
  idleMiB: number;
}

/** Starts `up` on a folder of its own and asks for records as soon as it listens. */
async function upCost(dir: string, idleS: number): Promise<UpCost> {
  const args = ["up", "--port", "0", "--output", "json", "--data", dir];
  const startMs = performance.now();
  const options = { args, cwd: ROOT, stdout: "piped", stderr: "null" } as const;
  const child = new Deno.Command(SSMD, options).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS_MAX + idleS * 1000);
  try {
    const url = await listening(child.stdout);
    const listeningMs = performance.now() - startMs;
    await firstRecord(url);
    const recordMs = performance.now() - startMs;
    const cpuMs = cpuMsOf(child.pid);
    if (idleS > 0) await new Promise((resolve) => setTimeout(resolve, idleS * 1000));
    return { listeningMs, recordMs, cpuMs, idleMiB: residentMiB(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await child.status;
    clearTimeout(timer);
  }
}

/** The address in the line that says that the gateway listens; the rest is read and dropped. */
function listening(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => {
    let text = "";
    for await (const part of stdout.pipeThrough(new TextDecoderStream())) {
      if (text === "done") continue;
      text += part;
      const [, url] = /"message":"gateway listens","url":"([^"]+)"/.exec(text) ?? [];
      if (url === undefined) continue;
      resolve(url);
      text = "done";
    }
    reject(new Error(`up ended before it listened: ${text}`));
  };
  void read();
  return promise;
}

/** Resolves when a client of the stream has a record. */
function firstRecord(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`);
  return new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(SUBSCRIBE);
    socket.onerror = () => reject(new Error(`no stream at ${url}`));
    socket.onmessage = ({ data }) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      if (!["trade", "ticker", "orderbook"].includes(type)) return;
      resolve();
      socket.close();
    };
  });
}

function residentMiB(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return Number(kib ?? NaN) / 1024;
}

/** Processor time of a process and of the children that it has waited for: the first stage. */
function cpuMsOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15);
  return fields.reduce((sum, ticks) => sum + Number(ticks), 0) * 10;
}

/** Medians of each figure. */
function medians<T extends object>(costs: readonly T[]): Record<keyof T, number> {
  const names = Object.keys(costs[0] ?? {}) as (keyof T)[];
  const entries = names.map((name) => [name, median(costs.map((cost) => Number(cost[name])))]);
  return Object.fromEntries(entries);
}

const rounds = flag("rounds", 9);
const idleS = flag("idle", 12);
const dir = await Deno.makeTempDir({ prefix: "ssmd-start-" });
await Deno.writeTextFile(`${dir}/empty.ts`, "");
const commands: Record<string, readonly string[]> = {
  "empty deno run": [Deno.execPath(), "run", "--no-config", "--no-lock", `${dir}/empty.ts`],
  "ssmd --help": [SSMD, "--help"],
  "ssmd feed list": [SSMD, "feed", "list"],
};
const costs = new Map(Object.keys(commands).map((name) => [name, [] as CommandCost[]]));
const ups: UpCost[] = [];
for (let round = 0; round <= rounds; round++) {
  for (const [name, words] of Object.entries(commands)) {
    const cost = await costOf(words);
    if (round > 0) costs.get(name)?.push(cost);
  }
  // Memory once: it takes its time and varies little.
  const cost = await upCost(`${dir}/${round}`, round === rounds ? idleS : 0);
  if (round > 0) ups.push(cost);
}
await Deno.remove(dir, { recursive: true });
const empty = medians(costs.get("empty deno run") ?? []);
for (const [name, of] of costs) {
  const { cpuMs, wallMs } = medians(of);
  const over = `${(cpuMs - empty.cpuMs).toFixed(0)} and ${(wallMs - empty.wallMs).toFixed(0)}`;
  console.log(
    `${name.padEnd(16)} CPU ${cpuMs.toFixed(0)} ms, wall ${wallMs.toFixed(0)} ms; ` +
      `over an empty run ${over}`,
  );
}
const up = medians(ups);
console.log(
  `ssmd up          listens after ${
    up.listeningMs.toFixed(0)
  } ms, first record of a client after ` +
    `${up.recordMs.toFixed(0)} ms (${
      Math.min(...ups.map(({ recordMs }) => recordMs)).toFixed(0)
    } to ${Math.max(...ups.map(({ recordMs }) => recordMs)).toFixed(0)}), CPU until then ` +
    `${up.cpuMs.toFixed(0)} ms; ${ups.at(-1)?.idleMiB.toFixed(0)} MiB after ${idleS} s`,
);
