import type { ComponentHealth } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

const LAG_SECONDS_MAX = 30;

/** State that the conditions of the service are read from. */
interface SignalsState {
  transport: Transport;
  /** Whether what was missed was read again. */
  isLive: () => boolean;
  /** Who runs the signals in our place; "" = nobody. */
  heldBy: () => string;
  lagSeconds: () => number;
  /** What keeps the signals from running; "" = nothing. */
  problem: () => string;
}

/** Adds what the service of signals needs for its work. */
export function requireWork(health: ComponentHealth, state: SignalsState): void {
  health.requireForReadiness("bus", () => state.transport.problem || undefined);
  health.requireForReadiness("signals", () => {
    if (state.isLive()) return undefined;
    const heldBy = state.heldBy();
    return heldBy === "" ? "what was missed is read again" : `${heldBy} runs them`;
  });
  health.requireForReadiness("lag", () => {
    const lag = state.lagSeconds();
    return lag > LAG_SECONDS_MAX ? `${Math.round(lag)} s behind the records` : undefined;
  });
  health.requireForReadiness("hosts", () => state.problem() || undefined);
}
