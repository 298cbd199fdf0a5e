import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endProcess, seededRandom } from "@ssmd/runtime";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEXT = new TextDecoder();
/** Time after which a supervisor starts again what has ended by itself. */
const RESTART_MS = 300;
const READY_MS_MAX = 180_000;
const WRONG_CONFIGURATION = 2;
/** Longest wait for a process that was asked to end. */
const STOP_MS_MAX = 180_000;

/** What is to be run. */
export interface ServiceOptions {
  /** For messages and the name of the log. */
  name: string;
  /** Entrypoint and flags: `connector/main.ts --env x`. */
  args: readonly string[];
  /** Working directory: a folder with a registry. */
  cwd: string;
  env?: Record<string, string>;
  /** A piece of the line that says that it is at work. */
  ready: string;
}

/** A program of ours as a real process: killed, stopped, started again when it ends by itself. */
export class Service {
  readonly name: string;
  /** How often it ended by itself, and with what. */
  readonly ownEnds: string[] = [];
  /** What it said, whole lines of all its lives. */
  readonly lines: string[] = [];
  #options: ServiceOptions;
  #child: Deno.ChildProcess | undefined;
  #wanted = false;
  /** Where the lines of this life begin. */
  #lifeBegan = 0;
  #life: Promise<void> = Promise.resolve();

  /** Nothing runs before `start`. */
  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Starts it; a life that ends by itself is followed by another one. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#life = this.#live();
  }

  /** Resolves when this life has said that it is at work, or when it does not come in time. */
  async ready(): Promise<void> {
    const deadlineMs = Date.now() + READY_MS_MAX;
    while (this.#wanted && Date.now() < deadlineMs) {
      if (this.lines.slice(this.#lifeBegan).some((line) => line.includes(this.#options.ready))) {
        return;
      }
      await delay(20);
    }
  }

  /** kill -9. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#wanted = false;
    this.#signal("SIGKILL");
    await this.#life;
  }

  /** Stops its clock, as a starved machine does, for so long. It may end meanwhile. */
  async freeze(forMs: number): Promise<void> {
    this.#signal("SIGSTOP");
    await delay(forMs);
    this.#signal("SIGCONT");
  }

  /** Asks it to end; its exit code. */
  async stop(): Promise<number> {
    this.#wanted = false;
    const child = this.#child;
    this.#signal("SIGTERM");
    const late = setTimeout(() => this.#signal("SIGKILL"), STOP_MS_MAX);
    const { code } = await child?.status ?? { code: 0 };
    clearTimeout(late);
    await this.#life;
    return code;
  }

  /** The last lines it said, for a failed test. */
  tail(lines = 15): string {
    return this.lines.slice(-lines).map((line) => `  ${this.name}: ${line}`).join("\n");
  }

  #signal(signal: Deno.Signal): void {
    if (this.#child) endProcess(this.#child, signal);
  }

  async #live(): Promise<void> {
    while (this.#wanted) {
      this.#lifeBegan = this.lines.length;
      const { cwd, env = {}, args } = this.#options;
      const [entry = "", ...flags] = args;
      const run = ["run", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`];
      const child = new Deno.Command(Deno.execPath(), {
        args: [...run, `${ROOT}${entry}`, ...flags],
        ...{ cwd, env, stdin: "null", stdout: "piped", stderr: "piped" },
      }).spawn();
      this.#child = child;
      const [status] = await Promise.all([
        child.status,
        this.#read(child.stdout),
        this.#read(child.stderr),
      ]);
      this.#child = undefined;
      if (!this.#wanted) return;
      const said = this.lines.slice(this.#lifeBegan);
      const code = said.find((line) => line.startsWith("code:"))?.slice(7);
      this.ownEnds.push(`${status.code} ${code ?? said.slice(-3).join(" | ")}`);
      // A wrong configuration is wrong the next time as well.
      if (status.code === WRONG_CONFIGURATION) return;
      await delay(RESTART_MS);
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + TEXT.decode(chunk)).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
    }
    if (rest !== "") this.lines.push(rest);
  }
}

/** Numbers from a seed, so that a failed run can be repeated. */
export class SeededRandom {
  /** From 0 to below 1. */
  readonly next: () => number;

  /** The same seed gives the same numbers. */
  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** A number between two others. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }
}
