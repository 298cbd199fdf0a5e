import { ConfigError, endProcess, TransportError } from "@ssmd/runtime";
import type { z } from "zod";
import {
  ANSWER_BYTES_MAX,
  frameOf,
  FROM_HOST,
  HEAD_BYTES,
  headOf,
  jsonFrame,
  jsonOf,
  TO_HOST,
} from "../host/frames.ts";
import type { InstanceView } from "../engine/inspect.ts";
import type { Shard } from "../engine/shard.ts";
import type { InspectQuery } from "../engine/stream_engine.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import { type BatchResult, BEGINS, DONE, FAILED, READY, type Ready, VIEW } from "./answers.ts";
import { FrameReader } from "./frame_reader.ts";
import { Watchdog } from "./watchdog.ts";

const HERE = new URL("../host/", import.meta.url);
/** Kilobytes of data that the system gives a host: with less, Deno does not start. */
const DATA_KB_MAX = 900_000;
/** Megabytes of objects; buffers are outside of it. */
const HEAP_MB_MAX = 192;
const RSS_BYTES_MAX = 384 * 1024 * 1024;

/** Bounds of a host: processor time that it may use without an answer, ms; see {@linkcode Watchdog}. */
export interface HostLimits {
  /** Of a batch. */
  watchdogMs: number;
  /** Until it has loaded its signals. */
  startMs: number;
  /** Of a signal that is probed alone. */
  probeMs: number;
}

/** How a host ended, or what it said that cannot be. */
export class HostFailure extends TransportError {
  /** The signal that a probing host had announced; undefined = not known. */
  signal: string | undefined;
  /** Whether something else on the machine has killed it: nothing that it ran is to blame. */
  isOutside = false;
}

/** What is loaded into a host. */
interface HostLoad {
  signals: readonly HostedSignal[];
  isCold: boolean;
  dedupe: boolean;
  shard: Shard;
  /** Whether it runs signals one after another and says which; see `probe`. Default false. */
  isProbe?: boolean;
}

/**
 * One host: a process without permission, environment and network. Requests go one after another;
 * what does not answer in time, or answers nonsense, is killed and throws HostFailure.
 */
export class HostProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #frames: FrameReader;
  readonly #limits: HostLimits;
  #isEnded = false;

  private constructor(child: Deno.ChildProcess, limits: HostLimits) {
    this.#child = child;
    this.#limits = limits;
    this.#input = child.stdin.getWriter();
    this.#frames = new FrameReader(child.stdout.getReader(), ANSWER_BYTES_MAX);
    // A pipe that breaks is told by the request that waits for its answer.
    this.#input.closed.catch(() => {});
  }

  /** Starts a host and loads signals. Throws HostFailure. */
  static async start(
    load: HostLoad,
    limits: HostLimits,
  ): Promise<{ host: HostProcess; ready: Ready }> {
    const host = new HostProcess(spawnHost(), limits);
    const frame = jsonFrame(TO_HOST.load, { isProbe: false, ...load });
    try {
      const ready = await host.#request(frame, FROM_HOST.ready, limits.startMs);
      return { host, ready: host.#parsed(READY, ready) };
    } catch (error) {
      await host.kill();
      if (error instanceof HostFailure && !error.isOutside) error.signal = host.begun;
      throw error;
    }
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Takes over a state; with several, the later one wins where both know a part. */
  async restore(state: Uint8Array): Promise<void> {
    await this.#request(frameOf(TO_HOST.restore, state), FROM_HOST.done, this.#limits.startMs);
  }

  /** Has a batch evaluated; `timeoutMs` instead of the watchdog's. */
  async send(batch: Uint8Array, timeoutMs = this.#limits.watchdogMs): Promise<BatchResult> {
    const frame = frameOf(TO_HOST.records, batch);
    const body = await this.#request(frame, FROM_HOST.done, timeoutMs);
    const result = this.#parsed(DONE, body);
    if (result.rssBytes > RSS_BYTES_MAX) {
      throw this.#end("SIGNALS_HOST_MEMORY", `holds ${result.rssBytes} bytes`);
    }
    return result;
  }

  /** Its state behind the last batch. */
  snapshot(): Promise<Uint8Array> {
    return this.#request(frameOf(TO_HOST.snapshot, NOTHING), FROM_HOST.state, this.#limits.startMs);
  }

  /** What the instances of a market know. */
  async inspect(query: InspectQuery): Promise<InstanceView[]> {
    const frame = jsonFrame(TO_HOST.inspect, query);
    return this.#parsed(VIEW, await this.#request(frame, FROM_HOST.view, this.#limits.watchdogMs));
  }

  /** Ends it and waits until it is gone. */
  async kill(): Promise<void> {
    this.#isEnded = true;
    endProcess(this.#child);
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#frames.cancel();
  }

  /**
   * Runs the signals one after another over all that was sent; for a host that was started for it.
   * Gives the id of the one that does not come through in time; undefined = all do.
   */
  async probe(timeoutMs: number): Promise<string | undefined> {
    try {
      await this.#request(frameOf(TO_HOST.probe, NOTHING), FROM_HOST.done, timeoutMs);
      return undefined;
    } catch (error) {
      if (error instanceof HostFailure && !error.isOutside) return this.begun ?? "";
      throw error;
    }
  }

  /** The signal that a probing host announced last. */
  begun: string | undefined;

  async #request(frame: Uint8Array, kind: number, timeoutMs: number): Promise<Uint8Array> {
    if (this.#isEnded) throw new HostFailure("SIGNALS_HOST_ENDED", "The host of signals ended");
    const written = this.#input.write(frame);
    // Waited for together with the answer: a host may answer before it read all.
    written.catch(() => {});
    for (;;) {
      const answer = await this.#answerIn(timeoutMs);
      if (answer.kind === kind) return answer.body;
      if (answer.kind === FROM_HOST.failed) {
        throw this.#end("SIGNALS_HOST_FAILED", this.#parsed(FAILED, answer.body).message);
      }
      if (answer.kind !== FROM_HOST.begins) {
        throw this.#end("SIGNALS_HOST_NONSENSE", "another answer");
      }
      this.begun = this.#parsed(BEGINS, answer.body).id;
    }
  }

  async #answerIn(timeoutMs: number): Promise<{ kind: number; body: Uint8Array }> {
    using watchdog = new Watchdog(this.pid, timeoutMs);
    const answer = await Promise.race([watchdog.bitten, this.#nextAnswer()]);
    if (answer === "late") {
      throw this.#end("SIGNALS_HOST_LATE", `no answer in ${timeoutMs} ms of work`);
    }
    return answer;
  }

  async #nextAnswer(): Promise<{ kind: number; body: Uint8Array }> {
    try {
      const head = headOf(await this.#frames.read(HEAD_BYTES));
      return { kind: head.kind, body: await this.#frames.read(head.length) };
    } catch (error) {
      // Before it is ended here: then nothing tells who killed it.
      const isOutside = !this.#isEnded && (await this.#child.status).signal === "SIGKILL";
      const failure = this.#end("SIGNALS_HOST_ENDED", "its pipe ended", error);
      failure.isOutside = isOutside;
      throw failure;
    }
  }

  #parsed<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> {
    try {
      return schema.parse(jsonOf(body));
    } catch (error) {
      throw this.#end("SIGNALS_HOST_NONSENSE", "its answer cannot be read", error);
    }
  }

  #end(code: string, why: string, cause?: unknown): HostFailure {
    this.#isEnded = true;
    endProcess(this.#child);
    return new HostFailure(code, `The host of signals was ended: ${why}`, { cause });
  }
}

const NOTHING = new Uint8Array();

/** A shell sets the limit of memory, which Deno cannot, and becomes the host. */
function spawnHost(): Deno.ChildProcess {
  if (Deno.build.standalone) {
    // A compiled program starts itself again, with all the rights that are built into it.
    throw new ConfigError("SIGNALS_NEED_DENO", "A compiled ssmd runs no signals", {
      hint: "Run it with Deno: hosts are processes of Deno without rights",
    });
  }
  const command = [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", "--no-remote", "--no-npm"],
    ...["--no-lock", `--v8-flags=--max-old-space-size=${HEAP_MB_MAX},--max-semi-space-size=4`],
    ...[`--import-map=${pathOf("import_map.json")}`, pathOf("main.ts")],
  ];
  return new Deno.Command("/bin/sh", {
    args: ["-c", `ulimit -d ${DATA_KB_MAX}; ulimit -c 0; exec "$@"`, "sh", ...command],
    clearEnv: true,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...cacheDir() },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

function pathOf(name: string): string {
  return new URL(name, HERE).pathname;
}

/** Where Deno keeps translated modules; a host reads no variable, so it is told no secret. */
function cacheDir(): Record<string, string> {
  const dir = Deno.env.get("DENO_DIR") ?? Deno.env.get("HOME");
  if (dir === undefined) return {};
  return Deno.env.get("DENO_DIR") === undefined ? { HOME: dir } : { DENO_DIR: dir };
}
