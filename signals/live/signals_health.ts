import type { ComponentHealth } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

const LAG_SECONDS_MAX = 30;

/** State behind the service's health checks. */
interface SignalsState {
  transport: Transport;
  /** Whether it has caught up. */
  isLive: () => boolean;
  /** Holder of the lease; "" when there is none. */
  heldBy: () => string;
  lagSeconds: () => number;
  /** Error that stops the signals; "" when there is none. */
  problem: () => string;
}

/** Registers the readiness checks of the signal service. */
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
