import { CIRCUIT_STATES, type CircuitBreaker } from "./circuit_breaker.ts";
import { isoOfUs, nowUs as systemNowUs } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { Metrics } from "./metrics.ts";

/** Says why something does not work, as a short sentence; undefined = it works. */
type HealthProbe = () => string | undefined;

/**
 * What a check decides: `readiness` = traffic and operators should know, `liveness` = only a
 * restart of the process can help (it makes the process unready as well), `notice` = operators
 * should know, and the process does all of its work.
 */
type HealthKind = "readiness" | "liveness" | "notice";

/** A named condition that keeps a component from its work, or is to be known. */
interface HealthCondition {
  /** `connector`, `archiver`, `gateway`. */
  component: string;
  /** The feed it concerns; absent = all of the component. */
  feed?: string;
  /** Stable name in lower snake case: `bus`, `storage`, `venue`, `lease`. */
  condition: string;
  kind: HealthKind;
  reason: string;
  /** When it was seen first, µs since 1970. */
  sinceUs: number;
}

interface HealthCheck {
  component: string;
  feed: string;
  condition: string;
  kind: HealthKind;
  probe: HealthProbe;
  /** When it began to fail, µs; undefined = it passes. */
  sinceUs: number | undefined;
}

/**
 * Why this process cannot do its work, one instance a process: each component adds its checks, REST
 * and the metrics server show what fails. Checks only read state that the component has anyway.
 */
export class Health {
  #checks = new Set<HealthCheck>();
  #circuits = new Set<CircuitBreaker>();
  #nowUs: () => number;

  /**
   * Exports `ssmd_process_ready`, `ssmd_process_condition_failing` and `ssmd_circuit_breaker_state`
   * where metrics are given.
   */
  constructor(options: { registry?: Metrics["registry"]; nowUs?: () => number } = {}) {
    this.#nowUs = options.nowUs ?? systemNowUs;
    if (options.registry) {
      this.#export(new Metrics("process", options.registry));
      this.#exportCircuits(new Metrics("circuit", options.registry));
    }
  }

  /** The checks of one component, of one feed where it has several. */
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

  /** All that fails now, in the order in which it was added. */
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

/** Of several circuits of a name the worst counts. */
function worst(circuits: Iterable<CircuitBreaker>): Map<string, number> {
  const states = new Map<string, number>();
  for (const { name, state } of circuits) {
    states.set(name, Math.max(states.get(name) ?? 0, CIRCUIT_STATES.indexOf(state)));
  }
  return states;
}

interface CheckBook {
  /** Returns what removes the check. */
  add: (condition: string, kind: HealthKind, probe: HealthProbe) => () => void;
  addCircuit: (circuit: CircuitBreaker) => () => void;
  look: () => void;
}

/** The checks that one component has added. */
export class ComponentHealth {
  #book: CheckBook;
  #removals: (() => void)[] = [];

  /** Made by {@linkcode Health.component}. */
  constructor(book: CheckBook) {
    this.#book = book;
  }

  /** Not ready while `probe` gives a reason. A probe that throws fails with its sentence. */
  requireForReadiness(condition: string, probe: HealthProbe): void {
    this.#removals.push(this.#book.add(condition, "readiness", probe));
  }

  /** Told while `probe` gives a reason; the process stays ready. */
  notice(condition: string, probe: HealthProbe): void {
    this.#removals.push(this.#book.add(condition, "notice", probe));
  }

  /** To be restarted while `probe` gives a reason: only for work that hangs for good. */
  requireForLiveness(condition: string, probe: HealthProbe): void {
    this.#removals.push(this.#book.add(condition, "liveness", probe));
  }

  /** Exports the state of `circuit`; its problem is a check of its own. */
  addCircuit(circuit: CircuitBreaker): void {
    this.#removals.push(this.#book.addCircuit(circuit));
  }

  /** Called now and then, so that `sinceUs` is right although nobody asks. */
  look(): void {
    this.#book.look();
  }

  /** Takes the checks away: the component has ended. */
  close(): void {
    for (const remove of this.#removals.splice(0)) remove();
  }
}

/** What `/health/ready` answers: sentences for people, conditions for programs. */
interface ReadinessReport {
  /** False while a condition keeps a component from its work; notices are only told. */
  ready: boolean;
  /** `connector kraken: not connected to the venue (since 2026-11-28T10:00:00.000000Z)`. */
  reasons: string[];
  conditions: ConditionReport[];
}

/** A condition as JSON has it. */
interface ConditionReport {
  component: string;
  feed?: string;
  condition: string;
  reason: string;
  /** Milliseconds since 1970. */
  since: number;
}

/** The answer of `/health/ready`. */
export function readinessReport(health: Health): ReadinessReport {
  const failing = health.failing();
  return {
    ready: !failing.some(isHindering),
    reasons: failing.map(reasonText),
    conditions: failing.map(({ kind: _, sinceUs, ...condition }) => ({
      ...condition,
      since: Math.floor(sinceUs / 1000),
    })),
  };
}

/** Why the process should be restarted; empty = it should not. */
export function livenessReasons(health: Health): string[] {
  return health.failing("liveness").map(reasonText);
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
