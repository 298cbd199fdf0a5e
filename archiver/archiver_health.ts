import type { ComponentHealth } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

/** State that the archiver's conditions are read from. */
export interface ArchiverState {
  transport: Transport;
  /** Whether the bus delivers to it. */
  subscribed: () => boolean;
  /** What storage refuses now; "" = nothing. */
  storageProblem: () => string;
  /** Whether delivery is stopped because too much waits. */
  paused: () => boolean;
  /** Who keeps the archive's lease from us; "" = it is ours. */
  leaseProblem: () => string;
}

/** Adds what an archiver needs for its work. */
export function requireWork(health: ComponentHealth, state: ArchiverState): void {
  let away: string | undefined;
  state.transport.onStatus((status) => {
    away = status.type === "connected" ? undefined : `the bus is away: ${status.reason}`;
  });
  health.requireForReadiness("bus", () => away);
  health.requireForReadiness(
    "subscription",
    () => state.subscribed() ? undefined : "no records are delivered yet",
  );
  health.requireForReadiness("lease", () => state.leaseProblem() || undefined);
  health.requireForReadiness("storage", () => state.storageProblem() || undefined);
  health.requireForReadiness(
    "backlog",
    () => state.paused() ? "too much waits for storage: the bus keeps the rest" : undefined,
  );
}
