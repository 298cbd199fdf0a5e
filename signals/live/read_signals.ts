import type { Environment } from "@ssmd/metadata";
import { findSignal, hostedSignalOf } from "../source/signal_catalog.ts";
import type { WantedSignal } from "./signal_set.ts";

/**
 * Reads the signals that an environment names. Throws UsageError `SIGNAL_UNKNOWN` for a missing
 * file, SignalRefused for a source that may not run.
 */
export async function readSignals(
  { signals }: Pick<Environment, "signals">,
  folders: readonly string[],
): Promise<WantedSignal[]> {
  const wanted: WantedSignal[] = [];
  for (const [id, { params = {}, enabled = true }] of Object.entries(signals)) {
    wanted.push({ ...await hostedSignalOf(await findSignal(id, folders), params), enabled });
  }
  return wanted;
}
