import type { SignalsAnswer, SignalsRequest, SignalSwitch } from "@ssmd/market";
import { type Logger, nowUs } from "@ssmd/runtime";
import type { BetweenBatches } from "./between_batches.ts";
import { FirstSignals } from "./first_signals.ts";
import type { SignalSet, WantedSignal } from "./signal_set.ts";
import type { StreamProgress } from "./stream_progress.ts";

/** What a switchboard works on. */
interface SwitchboardOptions {
  set: SignalSet;
  progress: StreamProgress;
  between: BetweenBatches;
  readSignals: () => Promise<readonly WantedSignal[]>;
  lagSeconds: () => number;
  /** Called behind each switch, to have it kept. */
  onSwitched: () => Promise<void>;
  logger: Logger;
}

/** Answers what is asked of the signals, and switches them between two batches. */
export class Switchboard {
  #options: SwitchboardOptions;
  #first: FirstSignals | undefined;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
  }

  /** Whether there are no signals, and the first are waited for. */
  get isIdle(): boolean {
    return this.#first?.isWaiting === true;
  }

  /** The first signals that are deployed; none = it was ended before. */
  async firstSignals(ended: AbortSignal): Promise<readonly WantedSignal[]> {
    const { readSignals, set, logger } = this.#options;
    logger.info("there are no signals: ssmd signal deploy brings some");
    this.#first = new FirstSignals({ readSignals, switches: () => set.switches(), ended });
    return await this.#first.found;
  }

  /** Notes what runs first in this life, where that is not what ran before. */
  async begin(action: "start" | "deploy" | undefined): Promise<void> {
    if (action === undefined && this.#first === undefined) return;
    const change = await this.record(action ?? "deploy");
    this.#first?.begun(this.#answer([change]));
    this.#first = undefined;
  }

  /** Throws SsmdError for what cannot be done. */
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

  /** Writes down what runs from this place of the stream on. */
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
