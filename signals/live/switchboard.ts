import type { SignalsAnswer, SignalsRequest, SignalSwitch } from "@ssmd/market";
import { type Logger, nowUs } from "@ssmd/runtime";
import type { BetweenBatches } from "./between_batches.ts";
import { FirstSignals } from "./first_signals.ts";
import type { SignalSet, WantedSignal } from "./signal_set.ts";
import type { StreamProgress } from "./stream_progress.ts";

/** Dependencies of a switchboard. */
interface SwitchboardOptions {
  set: SignalSet;
  progress: StreamProgress;
  between: BetweenBatches;
  readSignals: () => Promise<readonly WantedSignal[]>;
  lagSeconds: () => number;
  /** Called after each switch to persist it. */
  onSwitched: () => Promise<void>;
  logger: Logger;
}

/** Answers requests about signals and applies switches between batches. */
export class Switchboard {
  #options: SwitchboardOptions;
  #first: FirstSignals | undefined;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
  }

  /** Whether it waits for the first deploy. */
  get isIdle(): boolean {
    return this.#first?.isWaiting === true;
  }

  /** Waits for the first deploy; resolves with no signals when the service ends before. */
  async firstSignals(ended: AbortSignal): Promise<readonly WantedSignal[]> {
    const { readSignals, set, logger } = this.#options;
    logger.info("there are no signals: ssmd signal deploy brings some");
    this.#first = new FirstSignals({ readSignals, switches: () => set.switches(), ended });
    return await this.#first.found;
  }

  /** Records the first running signals if they differ from the last run; answers a first deploy. */
  async begin(action: "start" | "deploy" | undefined): Promise<void> {
    if (action === undefined && this.#first === undefined) return;
    const change = await this.record(action ?? "deploy");
    this.#first?.begun(this.#answer([change]));
    this.#first = undefined;
  }

  /** Answers a request. Throws SsmdError for an invalid one. */
  async asked(request: SignalsRequest): Promise<SignalsAnswer> {
    const { set, between, readSignals } = this.#options;
    if (this.#first?.isWaiting) return await this.#first.asked(request);
    switch (request.action) {
      case "list":
        return this.#answer([]);
      case "history":
        return this.#answer(await set.switches());
      case "enable":
      case "disable":
        return await between.run(async () => {
          await set.setEnabled(request.id, request.action === "enable");
          return this.#answer([await this.record(request.action)]);
        });
      case "deploy":
        return await between.run(async () => {
          await set.deploy(await readSignals());
          return this.#answer([await this.record("deploy")]);
        });
    }
  }

  /** Records which signals run from this stream position on. */
  async record(action: SignalSwitch["action"]): Promise<SignalSwitch> {
    const { set, progress, onSwitched, logger } = this.#options;
    const { stream: { createdAtUs, sequence }, feeds } = progress.copy();
    const change: SignalSwitch = {
      ...{ at: nowUs() / 1000, action, feeds },
      stream: { created_at_us: createdAtUs, sequence },
      signals: set.running(),
    };
    await set.addSwitch(change);
    await onSwitched();
    logger.info("signals were switched", { action, stream_sequence: sequence });
    return change;
  }

  #answer(switches: readonly SignalSwitch[]): SignalsAnswer {
    const { set, lagSeconds } = this.#options;
    return { ok: true, signals: set.statuses(), lag_seconds: lagSeconds(), switches };
  }
}
