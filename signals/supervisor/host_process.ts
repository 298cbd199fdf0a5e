import { frameOf, jsonFrame, SandboxFailure, SandboxProcess } from "@ssmd/sandbox";
import { FROM_HOST, TO_HOST } from "../host/frames.ts";
import type { InstanceView } from "../engine/inspect.ts";
import type { Shard } from "../engine/shard.ts";
import type { InspectQuery } from "../engine/stream_engine.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import { type BatchResult, BEGINS, DONE, FAILED, READY, type Ready, VIEW } from "./answers.ts";

const HERE = new URL("../host/", import.meta.url);
/** Data limit of a host, KB; Deno does not start with less. */
const DATA_KB_MAX = 900_000;
/** Heap limit, MB; buffers are outside of it. */
const HEAP_MB_MAX = 192;
const RSS_BYTES_MAX = 384 * 1024 * 1024;

/** Limits of a host's processor time per answer, ms, as counted by a Watchdog. */
export interface HostLimits {
  /** For a batch. */
  watchdogMs: number;
  /** For loading signals. */
  startMs: number;
  /** For one probed signal. */
  probeMs: number;
}

/** Options of a batch. */
interface SendOptions {
  /** Overrides the watchdog's. */
  timeoutMs?: number;
  /** Called when the host has the batch, or is gone; it may still evaluate it. */
  onTaken?: (() => void) | undefined;
}

/** Load of a host. */
interface HostLoad {
  signals: readonly HostedSignal[];
  isCold: boolean;
  dedupe: boolean;
  shard: Shard;
  /** Whether to run signals one by one and announce each; see `probe`. Default false. */
  isProbe?: boolean;
}

/**
 * One host: a process without permissions, environment or network. Requests run one at a time; a
 * late or invalid answer kills it and throws SandboxFailure.
 */
export class HostProcess {
  readonly #process: SandboxProcess;
  readonly #limits: HostLimits;

  private constructor(limits: HostLimits) {
    this.#process = new SandboxProcess({
      ...{
        name: "host of signals",
        compiled: "signals",
        entry: pathOf("main.ts"),
        importMap: pathOf("import_map.json"),
      },
      ...{ dataKbMax: DATA_KB_MAX, heapMbMax: HEAP_MB_MAX },
    });
    this.#limits = limits;
  }

  /** Starts a host and loads signals. Throws SandboxFailure. */
  static async start(
    load: HostLoad,
    limits: HostLimits,
  ): Promise<{ host: HostProcess; ready: Ready }> {
    const host = new HostProcess(limits);
    const frame = jsonFrame(TO_HOST.load, { isProbe: false, ...load });
    try {
      const ready = await host.#request(frame, FROM_HOST.ready, limits.startMs);
      return { host, ready: host.#process.parse(READY, ready) };
    } catch (error) {
      await host.kill();
      if (error instanceof SandboxFailure && !error.isOutside) error.culprit = host.begun;
      throw error;
    }
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Restores a state; of several, later states win for shared parts. */
  async restore(state: Uint8Array): Promise<void> {
    await this.#request(frameOf(TO_HOST.restore, state), FROM_HOST.done, this.#limits.startMs);
  }

  /** Evaluates a batch, a frame of `BatchWriter`. */
  async send(
    batch: Uint8Array,
    { timeoutMs = this.#limits.watchdogMs, onTaken }: SendOptions = {},
  ): Promise<BatchResult> {
    const sent = this.#process.send(batch);
    if (onTaken !== undefined) void sent.then(onTaken);
    const body = await this.#answer(FROM_HOST.done, timeoutMs);
    const result = this.#process.parse(DONE, body);
    if (result.rssBytes > RSS_BYTES_MAX) {
      throw this.#process.end("SANDBOX_MEMORY", `holds ${result.rssBytes} bytes`);
    }
    return result;
  }

  /** Returns the state after the last batch. */
  snapshot(): Promise<Uint8Array> {
    return this.#request(frameOf(TO_HOST.snapshot, NOTHING), FROM_HOST.state, this.#limits.startMs);
  }

  /** Returns the state of a market's instances. */
  async inspect(query: InspectQuery): Promise<InstanceView[]> {
    const frame = jsonFrame(TO_HOST.inspect, query);
    return this.#process.parse(
      VIEW,
      await this.#request(frame, FROM_HOST.view, this.#limits.watchdogMs),
    );
  }

  /** Kills the process and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /**
   * Replays all input to each signal alone; requires a host started with `isProbe`. Returns the id
   * of the signal that fails or times out; undefined when none does.
   */
  async probe(timeoutMs: number): Promise<string | undefined> {
    try {
      await this.#request(frameOf(TO_HOST.probe, NOTHING), FROM_HOST.done, timeoutMs);
      return undefined;
    } catch (error) {
      if (error instanceof SandboxFailure && !error.isOutside) return this.begun ?? "";
      throw error;
    }
  }

  /** Signal that a probing host announced last. */
  begun: string | undefined;

  async #request(frame: Uint8Array, kind: number, timeoutMs: number): Promise<Uint8Array> {
    void this.#process.send(frame);
    return await this.#answer(kind, timeoutMs);
  }

  async #answer(kind: number, timeoutMs: number): Promise<Uint8Array> {
    for (;;) {
      const answer = await this.#process.nextAnswer(timeoutMs);
      if (answer.kind === kind) return answer.body;
      if (answer.kind === FROM_HOST.failed) {
        const { message } = this.#process.parse(FAILED, answer.body);
        throw this.#process.end("SANDBOX_FAILED", message);
      }
      if (answer.kind !== FROM_HOST.begins) {
        throw this.#process.end("SANDBOX_NONSENSE", "another answer");
      }
      this.begun = this.#process.parse(BEGINS, answer.body).id;
    }
  }
}

const NOTHING = new Uint8Array();

function pathOf(name: string): string {
  return new URL(name, HERE).pathname;
}
