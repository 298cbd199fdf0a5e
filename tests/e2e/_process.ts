import { setTimeout as delay } from "node:timers/promises";
import type { EventType } from "@ssmd/market";
import { endProcess } from "@ssmd/runtime";

const ROOT = new URL("../../", import.meta.url).pathname;
/** How `ssmd` is run: as people do it, with what its environment allows. */
const LAUNCHER = `${ROOT}cli/ssmd`;
/** How it is run with all rights. */
const FREE = ["run", "-q", "-A", "--frozen", `--config=${ROOT}deno.json`, `${ROOT}cli/main.ts`];
/** Longest waits for what comes on a calm machine within seconds. */
const WAIT_MS = 180_000;
const END_MS = 300_000;

/** A line of the log, or a text line under `message`. */
export type LogLine = Record<string, unknown> & { message: string };

/** How a process is started. */
export interface StartOptions {
  /** Working folder; default the root of the repository. */
  cwd?: string;
  env?: Record<string, string>;
  /** All rights, for programs that a test puts in the way; default: the launcher's. */
  permissions?: "-A";
  /** Most open files that the system allows it; default as many as the test's. */
  descriptorsMax?: number;
  /** A module that is run before `ssmd` in its process; with all rights. */
  preload?: string;
  /** A service of its own in place of `ssmd`. */
  service?: "connector" | "archiver" | "gateway" | "signals" | "agents";
}

/** How a process ended. */
export interface Ended {
  code: number;
  /** Everything that it wrote, both streams. */
  output: string;
}

/** A process of ours: its lines can be waited for, and it never outlives its test. */
export class Running implements AsyncDisposable {
  readonly lines: LogLine[] = [];
  readonly ended: Promise<Ended>;
  #child: Deno.ChildProcess;
  #alive = true;
  #wake: (() => void)[] = [];
  #texts: string[] = [];

  /** Starts `ssmd`, or a service, with these arguments. */
  constructor(args: readonly string[], options: StartOptions = {}) {
    const { cwd = ROOT, env = {} } = options;
    const [program, first] = programOf(options);
    this.#child = new Deno.Command(program, {
      args: [...first, ...args],
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { stdout, stderr } = this.#child;
    this.ended = Promise.all([this.#child.status, this.#read(stdout), this.#read(stderr)])
      .then(([{ code }]) => {
        this.#alive = false;
        this.#notify();
        return { code, output: this.output };
      });
  }

  /** What it wrote so far. */
  get output(): string {
    return this.#texts.join("\n");
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for a line that passes; a text stands for one in the message. Earlier ones count. */
  line(passes: string | ((line: LogLine) => boolean)): Promise<LogLine> {
    const test = typeof passes === "string"
      ? (line: LogLine) => line.message.includes(passes)
      : passes;
    return this.until(`a line that passes ${passes}`, () => this.lines.find(test));
  }

  /** Waits until `look` gives something; looks with every line. */
  async until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    const deadlineMs = Date.now() + WAIT_MS;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      if (!this.#alive) throw new Error(`ended while waiting for ${what}:\n${this.output}`);
      if (Date.now() > deadlineMs) throw new Error(`no ${what} in time:\n${this.output}`);
      await this.#news();
    }
  }

  /** Asks it to end and waits for it. */
  async stop(signal: Deno.Signal = "SIGINT", withinMs = END_MS): Promise<Ended> {
    endProcess(this.#child, signal);
    return await this.end(withinMs);
  }

  /** Waits for its end; kills it when that does not come. */
  async end(withinMs = END_MS): Promise<Ended> {
    const late = new AbortController();
    const timeout = delay(withinMs, "late" as const, { signal: late.signal }).catch(() =>
      undefined
    );
    const ended = await Promise.race([this.ended, timeout]);
    late.abort();
    if (typeof ended === "object") return ended;
    throw new Error(`it did not end within ${withinMs} ms:\n${this.output}`);
  }

  /** Kills it, if it is still there. */
  async [Symbol.asyncDispose](): Promise<void> {
    endProcess(this.#child);
    await this.ended;
  }

  /** Resolves with the next line, and once in a while without one. */
  async #news(): Promise<void> {
    const late = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => this.#wake.push(resolve)),
      delay(1000, undefined, { signal: late.signal }).catch(() => {}),
    ]);
    late.abort();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
      this.#notify();
    }
    if (rest !== "") this.#take(rest);
  }

  #take(text: string): void {
    this.#texts.push(text);
    this.lines.push(parsed(text));
  }
}

function programOf({ descriptorsMax, ...options }: StartOptions): [string, readonly string[]] {
  const [program, first] = unlimited(options);
  if (descriptorsMax === undefined) return [program, first];
  const limited = `ulimit -n ${descriptorsMax}; exec "$@"`;
  return ["/bin/sh", ["-c", limited, "sh", program, ...first]];
}

function unlimited(
  { permissions, preload, service }: StartOptions,
): [string, readonly string[]] {
  if (service !== undefined) return [`${ROOT}deploy/launch`, [service]];
  if (preload !== undefined) return [Deno.execPath(), FREE.toSpliced(1, 0, `--preload=${preload}`)];
  return permissions === "-A" ? [Deno.execPath(), FREE] : [LAUNCHER, []];
}

function parsed(text: string): LogLine {
  if (!text.startsWith("{")) return { message: text };
  try {
    return { message: "", ...JSON.parse(text) };
  } catch {
    return { message: text };
  }
}

/** Runs `ssmd` to its end. */
export async function runSsmd(args: readonly string[], options?: StartOptions): Promise<Ended> {
  await using running = new Running(args, options);
  return await running.end();
}

/** What `archive verify` says, as its JSON. */
export interface Verified {
  code: number;
  ok: boolean;
  problems: { message: string }[];
  days: {
    feed: string;
    raw_frames: number;
    records: Record<
      "trade" | "ticker" | "orderbook" | "status" | "gap" | "fire" | "action",
      number
    >;
  }[];
  output: string;
}

/** Runs `archive verify` on a data folder. */
export async function verify(dataDir: string): Promise<Verified> {
  const { code, output } = await runSsmd([
    ...["archive", "verify", "--data", dataDir, "--output", "json"],
  ]);
  const [json] = /^\{$[\s\S]*^\}$/m.exec(output) ?? ["{}"];
  const report = JSON.parse(json);
  return { ok: false, problems: [], days: [], ...report, code, output };
}

/** `up` as it runs: where its gateway is, and the process. */
export class RunningUp extends Running {
  /** Starts `up` on a free port. */
  constructor(args: readonly string[], options?: StartOptions) {
    super(["up", ...(args.includes("--port") ? [] : ["--port", "0"]), ...args], options);
  }

  /** The gateway's address, once all of it runs: a start that is tried again takes another port. */
  async url(): Promise<string> {
    const { page } = await this.line(({ message }) => message === "running");
    return String(page).replace(/\/$/, "");
  }

  /** The address that a feed's connector has connected to. */
  async endpoint(feed: string): Promise<string> {
    const line = await this.line((line) => line.message === "connected" && line["feed"] === feed);
    return String(line["endpoint"]);
  }

  /** The value of a metric whose line begins with `name`; undefined = there is none. */
  async metric(name: string): Promise<number | undefined> {
    const text = await (await fetch(`${await this.url()}/metrics`)).text();
    const line = text.split("\n").find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  /** Waits until a feed's connector has published so many records of a type. */
  async published(feed: string, type: EventType, count: number): Promise<void> {
    const name = `ssmd_connector_messages_published_total{feed="${feed}",type="${type}"}`;
    await eventually(
      `${count} ${type} records of ${feed}`,
      async () => (await this.metric(name) ?? 0) >= count,
    );
  }

  /** The line with which it said what it captured. */
  captured(): LogLine {
    const line = this.lines.find(({ message }) => message === "captured");
    if (line === undefined) {
      throw new Error(`Nothing was said of what is captured:\n${this.output}`);
    }
    return line;
  }
}

/** Looks again and again until `look` gives something. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = WAIT_MS,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`${what} did not come in time`);
    await delay(50);
  }
}

/** A folder that is removed when its test ends. */
export class Folder implements AsyncDisposable {
  readonly path: string;

  constructor() {
    this.path = Deno.makeTempDirSync({ dir: "/tmp", prefix: "ssmd-e2e-" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
