import type { Environment } from "@ssmd/metadata";
import { findSignal, hostedSignalOf } from "../source/signal_catalog.ts";
import type { WantedSignal } from "./signal_set.ts";

/**
 * The signals that an environment names, from their files. Throws UsageError `SIGNAL_UNKNOWN` for
 * one without a file, SignalRefused for one that may not be run.
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
