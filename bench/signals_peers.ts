/** Tools of others with a signal over the same records. @module */
import type { MarketEvent } from "@ssmd/market";
import type { Contender } from "./measure.ts";
import type { PeerName, Peers } from "./peers.ts";

/** Those that signals_bench.ts looks for. */
export const SIGNAL_PEERS: readonly PeerName[] = ["nautilus_trader", "bytewax"];

/**
 * What they do with the records, which are written to `file` as JSON. They make objects of their own of
 * it before the clock starts, so nothing is decoded.
 */
export function peerContenders(
  peers: Peers,
  records: readonly MarketEvent[],
  file: string,
): Contender[] {
  const isData = ({ type }: MarketEvent) =>
    type === "orderbook" || type === "trade" || type === "ticker";
  const lines = records.filter(isData).map((record) => JSON.stringify(record));
  Deno.writeTextFileSync(file, lines.join("\n"));
  return SIGNAL_PEERS.flatMap((name) => {
    const peer = peers.get(name);
    if (peer === undefined) return [];
    const round = { stage: "signal", file, repeats: 1 };
    return [{ name: `${peer.name}, 1 signal`, costUs: () => peer.costUs(round) }];
  });
}
