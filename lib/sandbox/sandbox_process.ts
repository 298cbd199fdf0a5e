import { ConfigError, endProcess, TransportError } from "@ssmd/runtime";
import type { z } from "zod";
import { FrameReader } from "./frame_reader.ts";
import { HEAD_BYTES, headOf, jsonOf } from "./frames.ts";
import { Watchdog } from "./watchdog.ts";

/** Bytes of an answer: more is nonsense, and its process is killed. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** What a process without rights runs, and its bounds. */
interface SandboxOptions {
  /** What it is for, in sentences of errors: `host of signals`. */
  name: string;
  /** Path or `data:` address of its module. It may import what lies beside it, and no package. */
  entry: string;
  /** Path of its import map. */
  importMap: string;
  /** Kilobytes of data that the system gives it; with less than 600,000 Deno does not start. */
  dataKbMax: number;
  /** Megabytes of objects; buffers are outside of it. */
  heapMbMax: number;
  /** How far it stands back for other processes, as `nice` takes it; default 0. */
  niceness?: number;
  /** Further flags of Deno, none of them a right. */
  flags?: readonly string[];
}

/** How such a process ended, or what it said that cannot be. */
export class SandboxFailure extends TransportError {
  /** What it had announced last; undefined = nothing. */
  culprit: string | undefined;
  /** Whether something else on the machine has killed it: nothing that it ran is to blame. */
  isOutside = false;
}

/** An answer of the process. */
interface SandboxAnswer {
  kind: number;
  body: Uint8Array;
}

/**
 * A process without permission, environment and network, which answers frames on its pipe. What does
 * not answer in time, or answers nonsense, is killed and throws {@linkcode SandboxFailure}.
 */
export class SandboxProcess {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #frames: FrameReader;
  #isEnded = false;

  /** Starts it. Throws ConfigError `SANDBOX_NEEDS_DENO` in a compiled program. */
  constructor(options: SandboxOptions) {
    this.#name = options.name;
    this.#child = spawnSandbox(options);
    this.#input = this.#child.stdin.getWriter();
    this.#frames = new FrameReader(this.#child.stdout.getReader(), ANSWER_BYTES_MAX);
    // A pipe that breaks is told by the request that waits for its answer.
    this.#input.closed.catch(() => {});
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a frame; its answer is read with `nextAnswer`, one request after another. */
  send(frame: Uint8Array): void {
    if (this.#isEnded) {
      throw new SandboxFailure("SANDBOX_ENDED", `The ${this.#name} ended`);
    }
    // Waited for together with the answer: a process may answer before it read all.
    this.#input.write(frame).catch(() => {});
  }

  /** The next answer; `timeoutMs` is processor time that it may use until then. */
  async nextAnswer(timeoutMs: number): Promise<SandboxAnswer> {
    using watchdog = new Watchdog(this.pid, timeoutMs);
    const answer = await Promise.race([watchdog.bitten, this.#read()]);
    if (answer === "late") throw this.end("SANDBOX_LATE", `no answer in ${timeoutMs} ms of work`);
    return answer;
  }

  async #read(): Promise<SandboxAnswer> {
    try {
      const head = headOf(await this.#frames.read(HEAD_BYTES));
      return { kind: head.kind, body: await this.#frames.read(head.length) };
    } catch (error) {
      // Before it is ended here: then nothing tells who killed it.
      const isOutside = !this.#isEnded && (await this.#child.status).signal === "SIGKILL";
      const failure = this.end("SANDBOX_ENDED", "its pipe ended", error);
      failure.isOutside = isOutside;
      throw failure;
    }
  }

  /** The value of an answer. Throws {@linkcode SandboxFailure} for one that is none. */
  parse<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> {
    try {
      return schema.parse(jsonOf(body));
    } catch (error) {
      throw this.end("SANDBOX_NONSENSE", "its answer cannot be read", error);
    }
  }

  /** Ends it; gives the failure that says why. */
  end(code: string, why: string, cause?: unknown): SandboxFailure {
    this.#isEnded = true;
    endProcess(this.#child);
    return new SandboxFailure(code, `The ${this.#name} was ended: ${why}`, { cause });
  }

  /** Ends it and waits until it is gone. */
  async kill(): Promise<void> {
    this.#isEnded = true;
    endProcess(this.#child);
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#frames.cancel();
  }
}

/** A shell sets the limit of memory, which Deno cannot, and becomes the process. */
function spawnSandbox(options: SandboxOptions): Deno.ChildProcess {
  const { entry, importMap, dataKbMax, heapMbMax, niceness = 0, flags = [] } = options;
  if (Deno.build.standalone) {
    // A compiled program starts itself again, with all the rights that are built into it.
    throw new ConfigError("SANDBOX_NEEDS_DENO", "A compiled ssmd runs no signals or transforms", {
      hint: "Run it with Deno: hosts are processes of Deno without rights",
    });
  }
  const command = [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", "--no-remote", "--no-npm"],
    ...["--no-lock", `--v8-flags=--max-old-space-size=${heapMbMax},--max-semi-space-size=4`],
    ...[...flags, `--import-map=${importMap}`, entry],
  ];
  const limits = `ulimit -d ${dataKbMax}; ulimit -c 0`;
  const start = niceness === 0 ? 'exec "$@"' : `exec nice -n ${niceness} "$@"`;
  return new Deno.Command("/bin/sh", {
    args: ["-c", `${limits}; ${start}`, "sh", ...command],
    clearEnv: true,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...cacheDir() },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/** Where Deno keeps translated modules; the process reads no variable, so it is told no secret. */
function cacheDir(): Record<string, string> {
  const dir = Deno.env.get("DENO_DIR") ?? Deno.env.get("HOME");
  if (dir === undefined) return {};
  return Deno.env.get("DENO_DIR") === undefined ? { HOME: dir } : { DENO_DIR: dir };
}
