import { CIRCUIT_STATES, type CircuitBreaker } from "./circuit_breaker.ts";
import { isoOfUs, nowUs as systemNowUs } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { Metrics } from "./metrics.ts";

/** Returns why something does not work, in a short sentence; undefined = it works. */
type HealthProbe = () => string | undefined;

/**
 * Severity of a check: `readiness` = the process should get no traffic and operators should know;
 * `liveness` = only a restart can help (also makes the process unready); `notice` = operators
 * should know, but the process works fully.
 */
type HealthKind = "readiness" | "liveness" | "notice";

/** A failing check of a component. */
interface HealthCondition {
  /** `connector`, `archiver`, `gateway`. */
  component: string;
  /** Affected feed; absent = the whole component. */
  feed?: string;
  /** Stable name in lower snake case: `bus`, `storage`, `venue`, `lease`. */
  condition: string;
  kind: HealthKind;
  reason: string;
  /** Time it was first seen failing, µs since 1970. */
  sinceUs: number;
}

interface HealthCheck {
  component: string;
  feed: string;
  condition: string;
  kind: HealthKind;
  probe: HealthProbe;
  /** Time it began to fail, µs; undefined = it passes. */
  sinceUs: number | undefined;
}

/**
 * Health of a process, one instance each: components add checks, and REST and the metrics server
 * report failing ones. Probes only read state that the component already has.
 */
export class Health {
  #checks = new Set<HealthCheck>();
  #circuits = new Set<CircuitBreaker>();
  #nowUs: () => number;

  /**
   * Exports `ssmd_process_ready`, `ssmd_process_condition_failing` and `ssmd_circuit_breaker_state`
   * when a registry is given.
   */
  constructor(options: { registry?: Metrics["registry"]; nowUs?: () => number } = {}) {
    this.#nowUs = options.nowUs ?? systemNowUs;
    if (options.registry) {
      this.#export(new Metrics("process", options.registry));
      this.#exportCircuits(new Metrics("circuit", options.registry));
    }
  }

  /** Returns the checks of a component, and of one feed when it has several. */
  component(component: string, feed = ""): ComponentHealth {
    return new ComponentHealth({
      add: (condition, kind, probe) => {
        const check = { component, feed, condition, kind, probe, sinceUs: undefined };
        this.#checks.add(check);
        return () => this.#checks.delete(check);
      },
      addCircuit: (circuit) => {
        this.#circuits.add(circuit);
        return () => this.#circuits.delete(circuit);
      },
      look: () => {
        for (const check of this.#checks) {
          if (check.component === component && check.feed === feed) this.#look(check);
        }
      },
    });
  }

  /** Returns all failing checks, in the order they were added. */
  failing(kind?: HealthKind): HealthCondition[] {
    const failing: HealthCondition[] = [];
    for (const check of this.#checks) {
      const reason = this.#look(check);
      if (reason === undefined || (kind !== undefined && check.kind !== kind)) continue;
      const { component, feed, condition, sinceUs } = check;
      failing.push({
        ...{ component, condition, kind: check.kind, reason, sinceUs: sinceUs as number },
        ...(feed === "" ? {} : { feed }),
      });
    }
    return failing;
  }

  #look(check: HealthCheck): string | undefined {
    const reason = ask(check.probe);
    if (reason === undefined) check.sinceUs = undefined;
    else check.sinceUs ??= this.#nowUs();
    return reason;
  }

  #exportCircuits(metrics: Metrics): void {
    const state = metrics.gauge("breaker_state", "0 = closed, 1 = half open, 2 = open.", {
      labels: ["circuit"],
      collect: () => {
        state.reset();
        for (const [circuit, value] of worst(this.#circuits)) state.set({ circuit }, value);
      },
    });
  }

  #export(metrics: Metrics): void {
    const labels = ["component", "feed", "condition"];
    const failing = metrics.gauge(
      "condition_failing",
      "1 while a condition keeps a component from its work, else 0.",
      {
        labels,
        collect: () => {
          failing.reset();
          for (const check of this.#checks) {
            const { component, feed, condition } = check;
            failing.set({ component, feed, condition }, this.#look(check) === undefined ? 0 : 1);
          }
        },
      },
    );
    const ready = metrics.gauge("ready", "1 when no condition fails.", {
      labels: [],
      collect: () => ready.set(this.failing().some(isHindering) ? 0 : 1),
    });
  }
}

/** Returns the worst state per circuit name. */
function worst(circuits: Iterable<CircuitBreaker>): Map<string, number> {
  const states = new Map<string, number>();
  for (const { name, state } of circuits) {
    states.set(name, Math.max(states.get(name) ?? 0, CIRCUIT_STATES.indexOf(state)));
  }
  return states;
}

interface CheckBook {
  /** Adds a check; returns a function that removes it. */
  add: (condition: string, kind: HealthKind, probe: HealthProbe) => () => void;
  addCircuit: (circuit: CircuitBreaker) => () => void;
  look: () => void;
}

/** Checks of one component. */
export class ComponentHealth {
  #book: CheckBook;
  #removals: (() => void)[] = [];

  /** Created by {@linkcode Health.component}. */
  constructor(book: CheckBook) {
    this.#book = book;
  }

  /** Fails readiness while `probe` returns a reason or throws. */
  requireForReadiness(condition: string, probe: HealthProbe): void {
    this.#removals.push(this.#book.add(condition, "readiness", probe));
  }

  /** Reports a notice while `probe` returns a reason; the process stays ready. */
  notice(condition: string, probe: HealthProbe): void {
    this.#removals.push(this.#book.add(condition, "notice", probe));
  }

  /** Fails liveness while `probe` returns a reason; only for work that hangs permanently. */
  requireForLiveness(condition: string, probe: HealthProbe): void {
    this.#removals.push(this.#book.add(condition, "liveness", probe));
  }

  /** Exports the state of `circuit`; its problem needs a check of its own. */
  addCircuit(circuit: CircuitBreaker): void {
    this.#removals.push(this.#book.addCircuit(circuit));
  }

  /** Runs the checks; call it regularly to keep `sinceUs` right without scrapes. */
  look(): void {
    this.#book.look();
  }

  /** Removes the checks when the component ends. */
  close(): void {
    for (const remove of this.#removals.splice(0)) remove();
  }
}

/** Body of `/health/ready`: sentences for people, conditions for programs. */
interface ReadinessReport {
  /** False while a condition other than a notice fails. */
  ready: boolean;
  /** `connector kraken: not connected to the venue (since 2026-11-28T10:00:00.000000Z)`. */
  reasons: string[];
  conditions: ConditionReport[];
}

/** A failing condition as JSON. */
interface ConditionReport {
  component: string;
  feed?: string;
  condition: string;
  reason: string;
  /** Milliseconds since 1970. */
  since: number;
}

/** Whether a reader may know of a feed. */
type SeesFeed = (feed: string) => boolean;

/** Returns the body of `/health/ready`, without conditions of feeds that the reader may not see. */
export function readinessReport(
  health: Health,
  seesFeed: SeesFeed = () => true,
): ReadinessReport {
  const failing = health.failing();
  const seen = failing.filter(({ feed }) => feed === undefined || seesFeed(feed));
  return {
    ready: !failing.some(isHindering),
    reasons: seen.map(reasonText),
    conditions: seen.map(({ kind: _, sinceUs, ...condition }) => ({
      ...condition,
      since: Math.floor(sinceUs / 1000),
    })),
  };
}

/** Returns why the process should be restarted, as far as the reader may see; empty = it need not. */
export function livenessReasons(health: Health, seesFeed: SeesFeed = () => true): string[] {
  return health.failing("liveness")
    .filter(({ feed }) => feed === undefined || seesFeed(feed)).map(reasonText);
}

function isHindering({ kind }: HealthCondition): boolean {
  return kind !== "notice";
}

function reasonText({ component, feed, reason, sinceUs }: HealthCondition): string {
  const who = feed === undefined ? component : `${component} ${feed}`;
  return `${who}: ${reason} (since ${isoOfUs(sinceUs)})`;
}

function ask(probe: HealthProbe): string | undefined {
  try {
    return probe();
  } catch (error) {
    return `cannot be checked: ${messageOf(error)}`;
  }
}
