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
/** Bytes of batches since the last snapshot, after which one is taken. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** A signal that was taken out because it stopped, killed or filled its host. */
export interface Quarantine {
  signal: string;
  /** Position of the batch that it did not survive. */
  position: number;
  reason: string;
}

/** What a supervisor runs, and how. */
export interface SupervisorOptions {
  signals: readonly HostedSignal[];
  /** Whether records exist before the first batch that are in no state; default false. */
  isCold?: boolean;
  /** Whether records that come again are passed over; default false. */
  dedupe?: boolean;
  /** The markets whose instances its host has; default all. */
  shard?: Shard;
  /** State to go on from; several are taken over one after another. */
  states?: readonly Uint8Array[];
  /** Position at which the states were taken; default 0. */
  position?: number;
  /** Default 600 ms for a batch, 20 s for a start, 250 ms for a signal that is probed. */
  limits?: Partial<HostLimits>;
  /** Called when a signal is taken out. */
  onQuarantine?: (quarantine: Quarantine) => void;
}

/** A state with the place in the stream behind which it goes on. */
interface Snapshot {
  position: number;
  state: Uint8Array;
}

/**
 * Keeps one host running: when it dies or does not answer, the signal that is to blame is found by
 * replaying, taken out, and the others go on from the last snapshot without losing a fire. Calls
 * must not overlap.
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
  /** Failures in a row for which no signal alone is to blame. */
  #innocentFailures = 0;
  #keptBytes = 0;
  #isCold: boolean;
  readonly #quarantined: Quarantine[] = [];

  /** Nothing runs yet. */
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

  /** Signals that were taken out. */
  get quarantined(): readonly Quarantine[] {
    return this.#quarantined;
  }

  /** Process id of the host; undefined = none runs. */
  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** Starts the host. A signal that never ends loading is taken out. Throws SandboxFailure. */
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

  /** A host with the state of the last batch that was taken; what it fired until then is known. */
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
      // It was taken in time before; now all of it comes at once, on a machine that is in trouble.
      for (const batch of this.#kept) await opened.host.send(batch, this.#limits.startMs);
      return opened;
    } catch (error) {
      await opened.host.kill();
      throw error;
    }
  }

  /** Has a batch evaluated. Whatever happens to the host, its fires are those of all that are left. */
  async send(batch: Uint8Array): Promise<BatchResult> {
    for (;;) {
      try {
        if (this.#host === undefined) await this.start();
        const result = await (this.#host as HostProcess).send(batch);
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

  /** The state behind the last batch; the supervisor goes on from it, too. */
  async snapshot(): Promise<Snapshot> {
    for (;;) {
      try {
        if (this.#host === undefined) await this.start();
        const state = await (this.#host as HostProcess).snapshot();
        this.#states = [state];
        this.#kept = [];
        this.#keptBytes = 0;
        return { position: this.#position, state };
      } catch (error) {
        if (!(error instanceof SandboxFailure)) throw error;
        await this.#blame(undefined, error);
        await this.#startHost(this.#signals);
      }
    }
  }

  /** What the instances of a market know; none where no host runs. Throws SandboxFailure. */
  async inspect(query: InspectQuery): Promise<InstanceView[]> {
    return await this.#host?.inspect(query) ?? [];
  }

  /** Finds the signals that do not survive alone and takes them out; else the host is tried again. */
  async #blame(batch: Uint8Array | undefined, failure: SandboxFailure): Promise<void> {
    await this.stop();
    let isFound = false;
    // The system kills what fills the machine, too: then it happens again, and they are probed.
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

  /** The first signal that does not come through alone; undefined = all do. */
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
      for (const each of frames) await host.send(each, this.#limits.startMs);
      // Each signal is given all of it again.
      return await host.probe(this.#limits.probeMs + this.#keptBytes / REPLAYED_BYTES_PER_MS);
    } catch (error) {
      if (error instanceof SandboxFailure) return error.culprit;
      throw error;
    } finally {
      await host?.kill();
    }
  }

  /**
   * Goes on with other signals from the last batch on: what was declared as before keeps its state.
   * `states` of a warm-up that ended at the same position are taken over behind it.
   */
  async replace(
    signals: readonly HostedSignal[],
    { states = [], isCold = false }: { states?: readonly Uint8Array[]; isCold?: boolean } = {},
  ): Promise<Ready> {
    await this.snapshot();
    this.#signals = signals;
    this.#states = [...this.#states, ...states];
    this.#isCold = isCold;
    const ready = await this.#startHost(signals);
    await this.snapshot();
    return ready;
  }

  /** Ends the host. */
  async stop(): Promise<void> {
    await this.#host?.kill();
    this.#host = undefined;
  }
}
