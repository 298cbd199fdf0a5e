/** The processes of the gateway's benches, and how they are talked to. @module */
import { nowUs } from "@ssmd/runtime";
import { SERVING_V8, SERVING_VARIABLES } from "../deploy/serving.ts";

/** A process that answers lines with lines. */
export class Talker {
  #child: Deno.ChildProcess;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(program: string, args: string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = new Deno.Command(program, { args, env, stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#child.pid;
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

  /** Ends it and, as its input ends with this, what it started. */
  async end(): Promise<void> {
    await this.#writer.close().catch(() => {});
    const grace = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await this.#child.status;
    clearTimeout(grace);
  }
}

function file(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

/** The gateway under test, see gateway_server.ts. */
export function gatewayServer(): Talker {
  const args = ["run", "-A", "--frozen", SERVING_V8, file("gateway_server.ts")];
  return new Talker("deno", args, SERVING_VARIABLES);
}

const HAS_NODE = answers("node", "--version");

function answers(program: string, question: string): boolean {
  try {
    return new Deno.Command(program, { args: [question] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Clients that read, and some that stop reading; see gateway_clients.mjs. */
export function loadGenerator(
  port: number,
  clients: number,
  { stuck = 0, address = "" }: { stuck?: number; address?: string } = {},
): Talker {
  const args = [file("gateway_clients.mjs"), ...[port, clients, stuck].map(String)];
  if (address !== "") args.push(address);
  return HAS_NODE ? new Talker("node", args) : new Talker("deno", ["run", "-A", ...args]);
}

/** npm `ws` on Node, see gateway_peer.mjs; `ws` is the package's folder. */
export function peerServer(ws: string): Talker {
  return new Talker("node", [file("gateway_peer.mjs"), ws]);
}

/** Centrifugo, see gateway_centrifugo.ts. */
export function centrifugoServer(): Talker {
  return new Talker("deno", ["run", "-A", "--frozen", file("gateway_centrifugo.ts")]);
}

/** Whether there is a Centrifugo on the PATH. */
export function hasCentrifugo(): boolean {
  return answers("centrifugo", "version");
}

/** Where Deno keeps `ws`; undefined where there is no Node or no such package. */
export function wsOfDeno(): string | undefined {
  if (!HAS_NODE) return undefined;
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
export async function aheadOfMs(talker: Talker): Promise<number> {
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
