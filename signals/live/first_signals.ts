import type { SignalsDone, SignalsRequest, SignalSwitch } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import { assertLoads } from "./assert_loads.ts";
import type { WantedSignal } from "./signal_set.ts";

const HINT = "name them in its file, as signals: { spread_widens: {} }; then ssmd signal deploy";

/** Options of {@linkcode FirstSignals}. */
interface FirstSignalsOptions {
  readSignals: () => Promise<readonly WantedSignal[]>;
  /** Switches of earlier runs, newest last. */
  switches: () => Promise<SignalSwitch[]>;
  /** Aborted when the service ends. */
  ended: AbortSignal;
}

/** Waits for the first deploy in an environment without signals: no host runs, nothing is read. */
export class FirstSignals {
  #options: FirstSignalsOptions;
  #found = Promise.withResolvers<readonly WantedSignal[]>();
  #begun = Promise.withResolvers<SignalsDone>();

  constructor(options: FirstSignalsOptions) {
    this.#options = options;
    options.ended.addEventListener("abort", () => this.#found.resolve([]));
  }

  /** Whether the first deploy is still pending. */
  isWaiting = true;

  /** Signals of the first deploy; empty when the service ended before it. */
  get found(): Promise<readonly WantedSignal[]> {
    return this.#found.promise;
  }

  /** Answers the first deploy once its signals run or failed to start. */
  begun(answer: SignalsDone): void {
    this.#begun.resolve(answer);
  }

  /** Answers requests while there are no signals. */
  async asked(request: SignalsRequest): Promise<SignalsDone> {
    const { readSignals, switches } = this.#options;
    switch (request.action) {
      case "list":
        return { ok: true, signals: [], lag_seconds: 0, switches: [] };
      case "history":
        return { ok: true, signals: [], lag_seconds: 0, switches: await switches() };
      case "enable":
      case "disable":
        throw new SsmdError("SIGNAL_UNKNOWN", `There is no signal "${request.id}" here`, {
          hint: HINT,
        });
      case "deploy": {
        const wanted = await readSignals();
        if (wanted.length === 0) {
          throw new SsmdError("SIGNALS_NONE", "This environment names no signals", { hint: HINT });
        }
        await assertLoads(wanted);
        this.isWaiting = false;
        this.#found.resolve(wanted);
        return await this.#begun.promise;
      }
    }
  }
}
