import type { ComponentHealth } from "@ssmd/runtime";
import type { MissingSubscription } from "@ssmd/exchanges";
import type { Publisher } from "@ssmd/transport";

/** State behind a connector's health conditions; "" = no problem. */
interface ConnectorState {
  /** Number of connections expected now. */
  connections: () => number;
  /** Number of open connections. */
  connected: () => number;
  /** Why the venue cannot be reached, with the time to the next try; "" = not refused. */
  refusal: () => string;
  /** Subscribed channels that deliver nothing. */
  missing: () => readonly MissingSubscription[];
  busProblem: () => string;
  storageProblem: () => string;
  spoolProblem: () => string;
  /** Whether a commit to disk neither succeeds nor fails. */
  isSpoolStuck: () => boolean;
}

/** Registers the connector's readiness and liveness conditions. */
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

/** Describes subscriptions that have been missing for long; undefined = none. */
function missingText(missing: readonly MissingSubscription[]): string | undefined {
  const late = missing.filter(({ isLate }) => isLate);
  const [first] = late;
  if (first === undefined) return undefined;
  const others = late.length > 1 ? ` (and ${late.length - 1} more)` : "";
  return `${first.why}${others}`;
}

type ObservedPublisher = Pick<Publisher, "pending" | "acknowledgedId" | "connected" | "refusal">;

/** Time without acknowledgement of pending messages after which the bus counts as stalled. */
const UNACKNOWLEDGED_MS_MAX = 10_000;

/** Detects a bus that stays connected but stalls or refuses messages. */
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

  /** Samples the publisher's progress; called once a second. */
  look(): void {
    const { pending, acknowledgedId } = this.#publisher;
    if (pending > 0 && acknowledgedId === this.#acknowledgedId) return;
    this.#acknowledgedId = acknowledgedId;
    this.#movedAtMs = this.#nowMs();
  }

  /** Why nothing is acknowledged; "" = no problem. */
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
