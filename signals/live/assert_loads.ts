import { SsmdError } from "@ssmd/runtime";
import { Supervisor } from "../supervisor/supervisor.ts";
import type { WantedSignal } from "./signal_set.ts";

/**
 * Loads signals in a trial host. Throws SsmdError `SIGNAL_REFUSED` or `SIGNAL_FAILED` for the first
 * that may not run or fails.
 */
export async function assertLoads(signals: readonly WantedSignal[]): Promise<void> {
  for (const { refusal } of signals) if (refusal !== undefined) throw refusal;
  const trial = new Supervisor({ signals });
  try {
    const { failed } = await trial.start();
    const [first] = [
      ...failed,
      ...trial.quarantined.map(({ signal, reason }) => ({ id: signal, message: reason })),
    ];
    if (first === undefined) return;
    throw new SsmdError("SIGNAL_FAILED", `${first.id} cannot be loaded: ${first.message}`, {
      hint: "The signals run on as they were; ssmd signal check says more",
    });
  } finally {
    await trial.stop();
  }
}
