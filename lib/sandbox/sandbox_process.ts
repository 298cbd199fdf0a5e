import { companionPath, ConfigError, endProcess, TransportError } from "@ssmd/runtime";
import type { z } from "zod";
import { FrameReader } from "./frame_reader.ts";
import { HEAD_BYTES, headOf, jsonOf } from "./frames.ts";
import { Watchdog } from "./watchdog.ts";

/** Maximum reply size, bytes; a larger one is invalid and kills the process. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Program and limits of a sandboxed process. */
interface SandboxOptions {
  /** Name in errors: `host of signals`. */
  name: string;
  /** Path or `data:` URL of its module. It may import neighbouring files, but no packages. */
  entry: string;
  /** Path of its import map. */
  importMap: string;
  /** Its name in `ssmd-host`, the program beside a compiled one; absent = it only runs on Deno. */
  compiled?: "signals" | "transform";
  /** Data limit (ulimit), KB; Deno does not start below 600,000. */
  dataKbMax: number;
  /** Heap limit, MB; excludes buffers. That of `ssmd-host` is built in. */
  heapMbMax: number;
  /** CPU priority, as for `nice`; default 0. */
  niceness?: number;
  /** Further Deno flags, none of them permissions. */
  flags?: readonly string[];
}

/** End of such a process, or an invalid reply. */
export class SandboxFailure extends TransportError {
  /** What it announced last; undefined = nothing. */
  culprit: string | undefined;
  /** Whether it was killed from outside, so that the code it ran is not to blame. */
  isOutside = false;
}

/** A reply of the process. */
interface SandboxAnswer {
  kind: number;
  body: Uint8Array;
}

/**
 * A process without permissions, environment and network that answers frames on its pipe. Kills it
 * on a timeout or an invalid reply and throws {@linkcode SandboxFailure}.
 */
export class SandboxProcess {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #frames: FrameReader;
  #isEnded = false;

  /** Starts the process. Throws ConfigError `SANDBOX_NEEDS_DENO` where only Deno can run it. */
  constructor(options: SandboxOptions) {
    this.#name = options.name;
    this.#child = spawnSandbox(options);
    this.#input = this.#child.stdin.getWriter();
    this.#frames = new FrameReader(this.#child.stdout.getReader(), ANSWER_BYTES_MAX);
    // A broken pipe is reported by the request waiting for its reply.
    this.#input.closed.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Sends a frame; read its reply with `nextAnswer`, one request at a time. Resolves when the pipe
   * has taken it, or broke; not to be awaited before the reply, which may come earlier.
   */
  send(frame: Uint8Array): Promise<void> {
    if (this.#isEnded) {
      throw new SandboxFailure("SANDBOX_ENDED", `The ${this.#name} ended`);
    }
    return this.#input.write(frame).catch(() => {});
  }

  /** Returns the next reply; `timeoutMs` is the CPU time it may use until then. */
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
      // Check before ending it here: afterwards the killer is unknown.
      const isOutside = !this.#isEnded && (await this.#child.status).signal === "SIGKILL";
      const failure = this.end("SANDBOX_ENDED", "its pipe ended", error);
      failure.isOutside = isOutside;
      throw failure;
    }
  }

  /** Parses a reply. Throws {@linkcode SandboxFailure} when invalid. */
  parse<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> {
    try {
      return schema.parse(jsonOf(body));
    } catch (error) {
      throw this.end("SANDBOX_NONSENSE", "its answer cannot be read", error);
    }
  }

  /** Kills the process; returns the failure with the reason. */
  end(code: string, why: string, cause?: unknown): SandboxFailure {
    this.#isEnded = true;
    endProcess(this.#child);
    return new SandboxFailure(code, `The ${this.#name} was ended: ${why}`, { cause });
  }

  /** Kills the process and waits for its end. */
  async kill(): Promise<void> {
    this.#isEnded = true;
    endProcess(this.#child);
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#frames.cancel();
  }
}

/** Starts through a shell that sets the memory limit, which Deno cannot, and then execs. */
function spawnSandbox(options: SandboxOptions): Deno.ChildProcess {
  const { dataKbMax, niceness = 0 } = options;
  const command = Deno.build.standalone ? compiledCommand(options) : denoCommand(options);
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

function denoCommand({ entry, importMap, heapMbMax, flags = [] }: SandboxOptions): string[] {
  // The last as in `deploy/serving.ts`: else each process would refuse the other's compiled code.
  const limits = [
    ...[`--max-old-space-size=${heapMbMax}`, "--max-semi-space-size=4"],
    "--heap-growing-percent=30",
  ];
  return [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", "--no-remote", "--no-npm"],
    ...["--no-lock", `--v8-flags=${limits.join(",")}`],
    ...[...flags, `--import-map=${importMap}`, entry],
  ];
}

/** A compiled program does not start itself again: it would have all its built-in permissions. */
function compiledCommand({ name, compiled }: SandboxOptions): string[] {
  if (compiled !== undefined) return [companionPath("ssmd-host"), compiled];
  throw new ConfigError("SANDBOX_NEEDS_DENO", `A compiled ssmd has no ${name} in it`, {
    hint: "Run it with Deno, or write it in TypeScript",
  });
}

/** Variables of Deno's module cache; the process cannot read variables, so nothing leaks. */
function cacheDir(): Record<string, string> {
  const dir = Deno.env.get("DENO_DIR") ?? Deno.env.get("HOME");
  if (dir === undefined) return {};
  return Deno.env.get("DENO_DIR") === undefined ? { HOME: dir } : { DENO_DIR: dir };
}
