import type { SignalsAnswer, SignalsRequest, SignalSwitch } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import { assertLoads, type WantedSignal } from "./signal_set.ts";

const HINT = "name them in its file, as signals: { spread_widens: {} }; then ssmd signal deploy";

/** Options of {@linkcode FirstSignals}. */
interface FirstSignalsOptions {
  readSignals: () => Promise<readonly WantedSignal[]>;
  /** Switches of earlier lives, the newest last. */
  switches: () => Promise<SignalSwitch[]>;
  /** Aborted when nothing comes any more. */
  ended: AbortSignal;
}

/** An environment that has no signals yet waits for its first deploy: no host runs, nothing is read. */
export class FirstSignals {
  #options: FirstSignalsOptions;
  #found = Promise.withResolvers<readonly WantedSignal[]>();
  #begun = Promise.withResolvers<SignalsAnswer>();

  constructor(options: FirstSignalsOptions) {
    this.#options = options;
    options.ended.addEventListener("abort", () => this.#found.resolve([]));
  }

  /** Whether they are still waited for. */
  isWaiting = true;

  /** Those that are deployed first; none = it was ended before. */
  get found(): Promise<readonly WantedSignal[]> {
    return this.#found.promise;
  }

  /** They run, or cannot be begun: what the one who deployed them is told. */
  begun(answer: SignalsAnswer): void {
    this.#begun.resolve(answer);
  }

  /** Answers while there are none. */
  async asked(request: SignalsRequest): Promise<SignalsAnswer> {
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
