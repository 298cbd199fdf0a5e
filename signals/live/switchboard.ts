import type { SignalsDone, SignalsRequest, SignalSwitch } from "@ssmd/market";
import { type Logger, nowUs, sleep, SsmdError } from "@ssmd/runtime";
import type { BetweenBatches } from "./between_batches.ts";
import { FirstSignals } from "./first_signals.ts";
import { NO_STATE } from "./shadow_hosts.ts";
import { assertLoads } from "./assert_loads.ts";
import type { SignalSet, WantedSignal } from "./signal_set.ts";
import type { StateRebuild } from "./state_rebuild.ts";
import type { StreamProgress } from "./stream_progress.ts";

/** Most time until a request is answered: who asks waits little longer. */
const ANSWER_MS_MAX = 8_000;

/** Dependencies of a switchboard. */
interface SwitchboardOptions {
  set: SignalSet;
  progress: StreamProgress;
  between: BetweenBatches;
  rebuild: StateRebuild;
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
  /** The last switch that needs state; they run one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

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
  async asked(request: SignalsRequest): Promise<SignalsDone> {
    const { set, between } = this.#options;
    if (this.#first?.isWaiting) return await this.#first.asked(request);
    switch (request.action) {
      case "list":
        return this.#answer([]);
      case "history":
        return this.#answer(await set.switches());
      case "disable":
        return await between.run(async () => {
          set.signal(request.id);
          await set.setEnabled(request.id, false, NO_STATE);
          return this.#answer([await this.record("disable")]);
        });
      case "enable":
        return await inTime(this.#inTurn(() => this.#enable(request.id)));
      case "deploy":
        return await inTime(this.#inTurn(() => this.#deploy()));
    }
  }

  async #enable(id: string): Promise<SignalsDone> {
    const { set, between, rebuild } = this.#options;
    const fresh = await between.run(async () => {
      const signal = await Promise.resolve(set.signal(id));
      return set.runs(signal) ? [] : [signal];
    });
    return await rebuild.before(fresh, async (rebuilt) => {
      await set.setEnabled(id, true, rebuilt);
      return this.#answer([await this.record("enable")]);
    });
  }

  async #deploy(): Promise<SignalsDone> {
    const wanted = await this.#options.readSignals();
    await assertLoads(wanted);
    return await this.#switchTo(wanted);
  }

  /** Switches to signals; those that do not load are `failed` then, and the others run. */
  switchTo(wanted: readonly WantedSignal[]): Promise<SignalsDone> {
    return this.#inTurn(() => this.#switchTo(wanted));
  }

  async #switchTo(wanted: readonly WantedSignal[]): Promise<SignalsDone> {
    const { set, between, rebuild } = this.#options;
    const fresh = await between.run(() => Promise.resolve(set.freshOf(wanted)));
    return await rebuild.before(fresh, async (rebuilt) => {
      await set.deploy(wanted, rebuilt);
      return this.#answer([await this.record("deploy")]);
    });
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(job);
    this.#turn = turn.catch(() => {});
    return turn;
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

  #answer(switches: readonly SignalSwitch[]): SignalsDone {
    const { set, lagSeconds } = this.#options;
    return { ok: true, signals: set.statuses(), lag_seconds: lagSeconds(), switches };
  }
}

/** Rejects with SsmdError `SIGNALS_WARMING` where a switch takes longer; it goes on. */
async function inTime<T>(switched: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = sleep(ANSWER_MS_MAX, done.signal).then(() => {
    if (done.signal.aborted) return switched;
    // Nobody may wait for it any more.
    switched.catch(() => {});
    throw new SsmdError("SIGNALS_WARMING", "The signals still read what was before the switch", {
      hint: "They switch when they have: ssmd signal history shows it",
      retryable: false,
    });
  });
  try {
    return await Promise.race([switched, late]);
  } finally {
    done.abort();
  }
}
