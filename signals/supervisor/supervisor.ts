import { SandboxFailure } from "@ssmd/sandbox";
import type { Shard } from "../engine/shard.ts";
import type { InstanceView } from "../engine/inspect.ts";
import type { InspectQuery } from "../engine/stream_engine.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import type { BatchResult, Ready } from "./answers.ts";
import { type HostLimits, HostProcess } from "./host_process.ts";

const WATCHDOG_MS = 600;
const START_MS = 20_000;
const PROBE_MS = 250;
const REPLAYED_BYTES_PER_MS = 20_000;
const INNOCENT_FAILURES_MAX = 3;
/** Bytes of batches after which a snapshot is taken. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** A signal removed because it stopped, killed or filled its host. */
export interface Quarantine {
  signal: string;
  /** Position before the batch that failed. */
  position: number;
  reason: string;
}

/** Options of a supervisor. */
export interface SupervisorOptions {
  signals: readonly HostedSignal[];
  /** Whether records before the first batch exist outside the states; default false. */
  isCold?: boolean;
  /** Whether to skip repeated records; default false. */
  dedupe?: boolean;
  /** Share of the markets to run; default all. */
  shard?: Shard;
  /** States to resume from, restored in order. */
  states?: readonly Uint8Array[];
  /** Stream position of the states; default 0. */
  position?: number;
  /** Default 600 ms per batch, 20 s for a start, 250 ms per probed signal. */
  limits?: Partial<HostLimits>;
  /** Called when a signal is quarantined. */
  onQuarantine?: (quarantine: Quarantine) => void;
  /** Called with each batch that it reads no more, once a snapshot has what it did. */
  onSpent?: (batch: Uint8Array) => void;
}

/** State and the stream position after which it resumes. */
interface Snapshot {
  position: number;
  state: Uint8Array;
}

/**
 * Keeps one host running. When the host dies or hangs, replays to find the culprit signal,
 * quarantines it, and resumes the others from the last snapshot without losing a fire. Calls must
 * not overlap.
 */
export class Supervisor {
  #signals: readonly HostedSignal[];
  #host: HostProcess | undefined;
  #ready: Ready | undefined;
  readonly #options: SupervisorOptions;
  readonly #limits: HostLimits;
  readonly #shard: Shard;
  #states: readonly Uint8Array[];
  #position: number;
  #kept: Uint8Array[] = [];
  /** Consecutive failures without a single culprit. */
  #innocentFailures = 0;
  #keptBytes = 0;
  #isCold: boolean;
  readonly #quarantined: Quarantine[] = [];

  /** Creates a supervisor without a host. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#signals = options.signals;
    this.#shard = options.shard ?? { index: 0, count: 1 };
    this.#states = options.states ?? [];
    this.#position = options.position ?? 0;
    this.#isCold = options.isCold ?? false;
    this.#limits = {
      ...{ watchdogMs: WATCHDOG_MS, startMs: START_MS, probeMs: PROBE_MS },
      ...options.limits,
    };
  }

  /** Quarantined signals. */
  get quarantined(): readonly Quarantine[] {
    return this.#quarantined;
  }

  /** Process id of the host; undefined when none runs. */
  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** Starts the host; quarantines a signal that never finishes loading. Throws SandboxFailure. */
  async start(): Promise<Ready> {
    try {
      return await this.#startHost(this.#signals);
    } catch (error) {
      if (!(error instanceof SandboxFailure)) throw error;
      await this.#blame(undefined, error);
      return await this.#startHost(this.#signals);
    }
  }

  async #startHost(signals: readonly HostedSignal[]): Promise<Ready> {
    await this.#host?.kill();
    const { dedupe = false } = this.#options;
    const { host, ready } = await this.#open(signals, { dedupe, isCold: this.#isCold });
    this.#host = host;
    return this.#ready = ready;
  }

  /** Opens a host at the last batch's state; fires of the replay are discarded as known. */
  async #open(
    signals: readonly HostedSignal[],
    options: { dedupe: boolean; isCold: boolean },
  ): Promise<{ host: HostProcess; ready: Ready }> {
    const opened = await HostProcess.start(
      { signals, shard: this.#shard, ...options },
      this.#limits,
    );
    try {
      for (const state of this.#states) await opened.host.restore(state);
      // Use the longer start limit: all batches replay at once, maybe on a troubled machine.
      for (const batch of this.#kept) {
        await opened.host.send(batch, { timeoutMs: this.#limits.startMs });
      }
      return opened;
    } catch (error) {
      await opened.host.kill();
      throw error;
    }
  }

  /**
   * Evaluates a batch; after host failures, quarantines culprits and retries with the rest.
   * `onTaken` is called when a host has the batch and works on it: time to make the next one.
   */
  async send(batch: Uint8Array, onTaken?: () => void): Promise<BatchResult> {
    for (;;) {
      try {
        if (this.#host === undefined) await this.start();
        const result = await (this.#host as HostProcess).send(batch, { onTaken });
        this.#position = result.position;
        this.#innocentFailures = 0;
        await this.#keep(batch);
        return result;
      } catch (error) {
        if (!(error instanceof SandboxFailure)) throw error;
        await this.#blame(batch, error);
        await this.#startHost(this.#signals);
      }
    }
  }

  async #keep(batch: Uint8Array): Promise<void> {
    this.#kept.push(batch);
    this.#keptBytes += batch.length;
    if (this.#keptBytes > KEPT_BYTES_MAX) await this.snapshot();
  }

  /** Returns the state after the last batch; the supervisor also resumes from it. */
  async snapshot(): Promise<Snapshot> {
    for (;;) {
      try {
        if (this.#host === undefined) await this.start();
        const state = await (this.#host as HostProcess).snapshot();
        this.#states = [state];
        const spent = this.#kept;
        this.#kept = [];
        this.#keptBytes = 0;
        for (const batch of spent) this.#options.onSpent?.(batch);
        return { position: this.#position, state };
      } catch (error) {
        if (!(error instanceof SandboxFailure)) throw error;
        await this.#blame(undefined, error);
        await this.#startHost(this.#signals);
      }
    }
  }

  /** Returns the state of a market's instances; empty without a host. Throws SandboxFailure. */
  async inspect(query: InspectQuery): Promise<InstanceView[]> {
    return await this.#host?.inspect(query) ?? [];
  }

  /** Stops the host, quarantines signals that fail alone; throws after 3 failures without one. */
  async #blame(batch: Uint8Array | undefined, failure: SandboxFailure): Promise<void> {
    await this.stop();
    let isFound = false;
    // The OOM killer also counts as outside; repeated kills lead to probing.
    const isInnocent = failure.isOutside && this.#innocentFailures < INNOCENT_FAILURES_MAX - 1;
    while (!isInnocent) {
      const guilty = await this.#guiltyOf(batch);
      if (guilty === undefined) break;
      isFound = true;
      this.#takeOut(guilty, failure.message);
    }
    this.#innocentFailures = isFound ? 0 : this.#innocentFailures + 1;
    if (this.#innocentFailures >= INNOCENT_FAILURES_MAX) throw failure;
  }

  #takeOut(signal: string, reason: string): void {
    this.#signals = this.#signals.filter(({ id }) => id !== signal);
    const quarantine = { signal, position: this.#position, reason };
    this.#quarantined.push(quarantine);
    this.#options.onQuarantine?.(quarantine);
  }

  /** Returns the first signal that fails alone; undefined when none does. */
  async #guiltyOf(batch: Uint8Array | undefined): Promise<string | undefined> {
    const { dedupe = false } = this.#options;
    const isCold = this.#isCold;
    const frames = batch === undefined ? this.#kept : [...this.#kept, batch];
    let host: HostProcess | undefined;
    try {
      const load = {
        ...{ signals: this.#signals, shard: this.#shard, dedupe, isCold },
        isProbe: true,
      };
      const opened = await HostProcess.start(load, this.#limits);
      host = opened.host;
      for (const state of this.#states) await host.restore(state);
      for (const each of frames) await host.send(each, { timeoutMs: this.#limits.startMs });
      // Each signal replays all of it.
      return await host.probe(this.#limits.probeMs + this.#keptBytes / REPLAYED_BYTES_PER_MS);
    } catch (error) {
      if (error instanceof SandboxFailure) return error.culprit;
      throw error;
    } finally {
      await host?.kill();
    }
  }

  /**
   * Replaces the signals after the last batch; unchanged declarations keep their state. `states` of
   * others that reached the same position are restored before it: what ran goes on as it was.
   */
  async replace(
    signals: readonly HostedSignal[],
    { states = [], isCold = false }: { states?: readonly Uint8Array[]; isCold?: boolean } = {},
  ): Promise<Ready> {
    await this.snapshot();
    this.#signals = signals;
    this.#states = [...states, ...this.#states];
    this.#isCold = isCold;
    const ready = await this.#startHost(signals);
    await this.snapshot();
    return ready;
  }

  /** Stops the host. */
  async stop(): Promise<void> {
    await this.#host?.kill();
    this.#host = undefined;
  }
}
