import { frameOf, jsonFrame, SandboxFailure, SandboxProcess } from "@ssmd/sandbox";
import { FROM_HOST, TO_HOST } from "../host/frames.ts";
import type { InstanceView } from "../engine/inspect.ts";
import type { Shard } from "../engine/shard.ts";
import type { InspectQuery } from "../engine/stream_engine.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import { type BatchResult, BEGINS, DONE, FAILED, READY, type Ready, VIEW } from "./answers.ts";

const HERE = new URL("../host/", import.meta.url);
/** Kilobytes of data that the system gives a host: with less, Deno does not start. */
const DATA_KB_MAX = 900_000;
/** Megabytes of objects; buffers are outside of it. */
const HEAP_MB_MAX = 192;
const RSS_BYTES_MAX = 384 * 1024 * 1024;

/** Bounds of a host: processor time that it may use without an answer, ms; as a Watchdog counts it. */
export interface HostLimits {
  /** Of a batch. */
  watchdogMs: number;
  /** Until it has loaded its signals. */
  startMs: number;
  /** Of a signal that is probed alone. */
  probeMs: number;
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
 * what does not answer in time, or answers nonsense, is killed and throws SandboxFailure.
 */
export class HostProcess {
  readonly #process: SandboxProcess;
  readonly #limits: HostLimits;

  private constructor(limits: HostLimits) {
    this.#process = new SandboxProcess({
      ...{
        name: "host of signals",
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

  /** Takes over a state; with several, the later one wins where both know a part. */
  async restore(state: Uint8Array): Promise<void> {
    await this.#request(frameOf(TO_HOST.restore, state), FROM_HOST.done, this.#limits.startMs);
  }

  /** Has a batch evaluated; `timeoutMs` instead of the watchdog's. */
  async send(batch: Uint8Array, timeoutMs = this.#limits.watchdogMs): Promise<BatchResult> {
    const frame = frameOf(TO_HOST.records, batch);
    const body = await this.#request(frame, FROM_HOST.done, timeoutMs);
    const result = this.#process.parse(DONE, body);
    if (result.rssBytes > RSS_BYTES_MAX) {
      throw this.#process.end("SANDBOX_MEMORY", `holds ${result.rssBytes} bytes`);
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
    return this.#process.parse(
      VIEW,
      await this.#request(frame, FROM_HOST.view, this.#limits.watchdogMs),
    );
  }

  /** Ends it and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process.kill();
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
      if (error instanceof SandboxFailure && !error.isOutside) return this.begun ?? "";
      throw error;
    }
  }

  /** The signal that a probing host announced last. */
  begun: string | undefined;

  async #request(frame: Uint8Array, kind: number, timeoutMs: number): Promise<Uint8Array> {
    this.#process.send(frame);
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
