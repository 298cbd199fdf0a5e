import type { ComponentHealth } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

/** State behind the archiver's health conditions. */
interface ArchiverState {
  transport: Transport;
  /** Why the bus does not deliver; "" = no problem. */
  subscriptionProblem: () => string;
  /** Current storage failures; "" = none. */
  storageProblem: () => string;
  /** Whether delivery is paused because too much waits. */
  paused: () => boolean;
  /** Why the lease is not held; "" = held. */
  leaseProblem: () => string;
  /** Days long over and still open; "" = none. */
  dayProblem: () => string;
  /** Why nothing is written until a restart; "" = no problem. */
  writingProblem: () => string;
}

/** Registers the archiver's readiness and liveness conditions. */
export function requireWork(health: ComponentHealth, state: ArchiverState): void {
  health.requireForReadiness("bus", () => state.transport.problem || undefined);
  health.requireForReadiness("subscription", () => state.subscriptionProblem() || undefined);
  health.requireForReadiness("lease", () => state.leaseProblem() || undefined);
  health.requireForReadiness("days", () => state.dayProblem() || undefined);
  health.requireForLiveness("writing", () => state.writingProblem() || undefined);
  health.requireForReadiness("storage", () => state.storageProblem() || undefined);
  health.requireForReadiness(
    "backlog",
    () => state.paused() ? "too much waits for storage: the bus keeps the rest" : undefined,
  );
}
