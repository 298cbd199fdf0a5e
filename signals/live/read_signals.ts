import type { Environment } from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import { sha256Of } from "../engine/fire_id.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import { findSignal, hostedSignalOf } from "../source/signal_catalog.ts";
import type { WantedSignal } from "./signal_set.ts";

/**
 * Reads the signals that an environment names. One whose source may not run has a `refusal`, so that
 * it stops no others. Throws UsageError `SIGNAL_UNKNOWN` for a missing file.
 */
export async function readSignals(
  { signals }: Pick<Environment, "signals">,
  folders: readonly string[],
): Promise<WantedSignal[]> {
  const wanted: WantedSignal[] = [];
  for (const [id, { params = {}, enabled = true }] of Object.entries(signals)) {
    const file = await findSignal(id, folders);
    try {
      wanted.push({ ...await hostedSignalOf(file, params), enabled });
    } catch (refusal) {
      if (!(refusal instanceof SsmdError) || refusal.code !== "SIGNAL_REFUSED") throw refusal;
      wanted.push({ ...refused(id, refusal), enabled, refusal });
    }
  }
  return wanted;
}

/** Returns a signal that fails to load, with the reason. */
function refused(id: string, { message }: SsmdError): HostedSignal {
  const code = `throw new SyntaxError(${JSON.stringify(message)});`;
  return { id, code, sourceHash: sha256Of(message), params: {} };
}
