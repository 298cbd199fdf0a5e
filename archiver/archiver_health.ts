import type { ComponentHealth } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

/** State that the archiver's conditions are read from. */
interface ArchiverState {
  transport: Transport;
  /** Why the bus does not deliver to it; "" = it does. */
  subscriptionProblem: () => string;
  /** What storage refuses now; "" = nothing. */
  storageProblem: () => string;
  /** Whether delivery is stopped because too much waits. */
  paused: () => boolean;
  /** Who keeps the archive's lease from us; "" = it is ours. */
  leaseProblem: () => string;
  /** Days that are over for long and still open; "" = none. */
  dayProblem: () => string;
  /** Why nothing is written any more, and only a restart helps; "" = it is. */
  writingProblem: () => string;
}

/** Adds what an archiver needs for its work. */
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
