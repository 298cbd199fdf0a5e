/**
 * Fan-out of the gateway: one market, trades of 200 bytes as JSON to every client; server and load
 * generator in processes of their own. Beside it npm `ws` on Node with one `send` a message and client,
 * on the same load. `deno run -A bench/gateway_bench.ts [clients rate seconds]` runs one load.
 * @module
 */
import { nowUs } from "@ssmd/runtime";

interface Load {
  clients: number;
  rate: number;
  seconds: number;
}

/** Loads and, where there is one, the target on two quiet cores. */
const LOADS: readonly (Load & { target?: string })[] = [
  { clients: 1, rate: 2000, seconds: 5 },
  { clients: 10, rate: 2000, seconds: 5 },
  { clients: 100, rate: 2000, seconds: 5, target: "200,000/s, p99 ≤ 10 ms" },
  { clients: 1000, rate: 200, seconds: 5, target: "p99 ≤ 40 ms" },
  { clients: 5000, rate: 20, seconds: 5, target: "≤ 20 KB a connection" },
];

/** A process that answers lines with lines. */
class Talker {
  #child: Deno.ChildProcess;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(program: string, args: string[]) {
    this.#child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async line(): Promise<string> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Deno.errors.UnexpectedEof("a process of the bench ended early");
      this.#rest += value;
    }
    const [line = "", ...rest] = this.#rest.split("\n");
    this.#rest = rest.join("\n");
    return line;
  }

  async ask<T>(question: string): Promise<T> {
    await this.#writer.write(new TextEncoder().encode(`${question}\n`));
    return JSON.parse(await this.line());
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

function file(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

function gatewayServer(): Talker {
  return new Talker("deno", [
    "run",
    "-A",
    "--frozen",
    "--v8-flags=--max-semi-space-size=4",
    file("gateway_server.ts"),
  ]);
}

/** Whether there is a Node to be had. */
function hasNode(): boolean {
  try {
    return new Deno.Command("node", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

function loadGenerator(port: number, clients: number): Talker {
  const args = [file("gateway_clients.mjs"), String(port), String(clients)];
  return hasNode() ? new Talker("node", args) : new Talker("deno", ["run", "-A", ...args]);
}

/** Where Deno keeps `ws`; undefined where there is no Node or no such package. */
function wsOfDeno(): string | undefined {
  if (!hasNode()) return undefined;
  try {
    const { stdout } = new Deno.Command("deno", { args: ["info", "--json"] }).outputSync();
    const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
    for (const { name } of Deno.readDirSync(npmCache)) {
      const folder = `${npmCache}/${name}/ws`;
      for (const version of existing(folder)) return `${folder}/${version}`;
    }
  } catch {
    // Without the package there is no peer.
  }
  return undefined;
}

function existing(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name).sort().reverse();
  } catch {
    return [];
  }
}

/** How far the clock of this process is ahead of a process's, ms: two runtimes differ by up to one. */
async function aheadOfMs(talker: Talker): Promise<number> {
  let best = { roundMs: Infinity, aheadMs: 0 };
  for (let i = 0; i < 50; i++) {
    const before = nowUs() / 1000;
    const theirs = await talker.ask<number>("clock");
    const after = nowUs() / 1000;
    if (after - before < best.roundMs) {
      best = { roundMs: after - before, aheadMs: (before + after) / 2 - theirs };
    }
  }
  return best.aheadMs;
}

async function measure(name: string, server: Talker, load: Load): Promise<string> {
  const { clients, rate, seconds } = load;
  const { port } = JSON.parse(await server.line());
  const empty = await server.ask<{ rss: number }>("rss");
  const generator = loadGenerator(port, clients);
  await generator.line();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const offsetMs = await aheadOfMs(generator) - await aheadOfMs(server);
  const idle = await server.ask<{ rss: number }>("rss");
  const ran = await server.ask<{ cpu: number; rss: number; dropped: number }>(
    `run ${rate} ${seconds}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const got = await generator.ask<
    { messages: number; payloadBytes: number; p50Ms: number; p99Ms: number }
  >("");
  await generator.end();
  await server.end();
  const wanted = clients * rate * seconds;
  const mb = (bytes: number) => Math.round(bytes / 1e6);
  return [
    name.padEnd(12),
    `${String(clients).padStart(5)} × ${String(rate).padStart(4)}/s`,
    `${String(Math.round(got.messages / seconds)).padStart(7)}/s`,
    `${(got.messages / wanted * 100).toFixed(1).padStart(5)} %`,
    `p50 ${(got.p50Ms + offsetMs).toFixed(1).padStart(7)} ms`,
    `p99 ${(got.p99Ms + offsetMs).toFixed(1).padStart(7)} ms`,
    `CPU ${Math.round(ran.cpu).toString().padStart(3)} %`,
    `RSS ${mb(ran.rss)} MB`,
    `${((idle.rss - empty.rss) / clients / 1000).toFixed(1)} KB a connection`,
    `${got.payloadBytes} B`,
  ].join("  ");
}

const [clients, rate = 2000, seconds = 5] = Deno.args.map(Number);
const loads = clients === undefined ? LOADS : [{ clients, rate, seconds }];
const ws = wsOfDeno();
if (ws === undefined) console.log("there is no Node here: measured without its peer");
for (const load of loads) {
  const target = "target" in load ? `  (target: ${load.target})` : "";
  console.log(await measure("gateway", gatewayServer(), load) + target);
  if (ws !== undefined) {
    const peer = new Talker("node", [file("gateway_peer.mjs"), ws]);
    console.log(await measure("ws on Node", peer, load));
  }
}
