import type { ComponentHealth } from "@ssmd/runtime";
import type { MissingSubscription } from "@ssmd/exchanges";
import type { Publisher } from "@ssmd/transport";

/** State that a connector's conditions are read from; "" = no problem. */
interface ConnectorState {
  /** Connections to the venue that there should be now. */
  connections: () => number;
  /** Those that are open. */
  connected: () => number;
  /** Why the venue cannot be reached, and when it is tried next; "" = it was not refused. */
  refusal: () => string;
  /** What was ordered and does not come. */
  missing: () => readonly MissingSubscription[];
  busProblem: () => string;
  storageProblem: () => string;
  spoolProblem: () => string;
  /** Whether the disk neither takes nor refuses frames. */
  isSpoolStuck: () => boolean;
}

/** Adds what a connector needs for its work. */
export function requireWork(health: ComponentHealth, state: ConnectorState): void {
  health.requireForReadiness("venue", () => {
    const [connections, connected] = [state.connections(), state.connected()];
    if (connected === connections) return undefined;
    const refusal = state.refusal();
    if (connected === 0) return `not connected to the venue${refusal && `: ${refusal}`}`;
    return `${connected} of ${connections} connections to the venue are open`;
  });
  health.requireForReadiness("subscriptions", () => missingText(state.missing()));
  health.requireForReadiness("bus", () => state.busProblem() || undefined);
  health.requireForReadiness("storage", () => state.storageProblem() || undefined);
  health.requireForReadiness("spool", () => state.spoolProblem() || undefined);
  health.requireForLiveness(
    "commit",
    () =>
      state.isSpoolStuck() ? "the disk of the spool neither takes nor refuses frames" : undefined,
  );
}

/** What is missing for long, in a sentence; undefined = nothing. */
function missingText(missing: readonly MissingSubscription[]): string | undefined {
  const late = missing.filter(({ isLate }) => isLate);
  const [first] = late;
  if (first === undefined) return undefined;
  const others = late.length > 1 ? ` (and ${late.length - 1} more)` : "";
  return `${first.why}${others}`;
}

type ObservedPublisher = Pick<Publisher, "pending" | "acknowledgedId" | "connected" | "refusal">;

/** Time without an acknowledgement, while some are due, after which the bus does not work. */
const UNACKNOWLEDGED_MS_MAX = 10_000;

/** Whether the bus takes what is published: a stalled or refusing one stays connected. */
export class BusProgress {
  #publisher: ObservedPublisher;
  #nowMs: () => number;
  #acknowledgedId = "";
  #movedAtMs: number;

  constructor(
    publisher: ObservedPublisher,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#publisher = publisher;
    this.#nowMs = nowMs;
    this.#movedAtMs = nowMs();
  }

  /** Called once a second. */
  look(): void {
    const { pending, acknowledgedId } = this.#publisher;
    if (pending > 0 && acknowledgedId === this.#acknowledgedId) return;
    this.#acknowledgedId = acknowledgedId;
    this.#movedAtMs = this.#nowMs();
  }

  /** Why nothing gets through; "" = it does. */
  get problem(): string {
    const { pending, connected, refusal } = this.#publisher;
    if (refusal !== undefined) {
      return `the bus refuses ${refusal.subject} (${refusal.reason}): ${refusal.detail}`;
    }
    if (!connected) return "the bus is away";
    const waitedMs = this.#nowMs() - this.#movedAtMs;
    if (pending === 0 || waitedMs < UNACKNOWLEDGED_MS_MAX) return "";
    return `the bus has acknowledged nothing for ${Math.round(waitedMs / 1000)} s`;
  }
}
