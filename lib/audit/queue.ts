import { type Logger, messageOf } from "@ssmd/runtime";
import type { AuditDraft } from "./event.ts";
import type { AuditLog } from "./log.ts";

/** Events that may wait; more are counted, and their number is an event itself. */
const WAITING_MAX = 50_000;
/** Time in which events are gathered for one write, ms. */
const GATHER_MS = 20;

/** Takes the events of a service and writes them in groups, so that none waits for the disk. */
export interface AuditSink {
  add(draft: AuditDraft): void;
}

/** No log: for tests and embedded gateways. */
export const NO_AUDIT: AuditSink = { add: () => {} };

/** A sink over a log; what cannot be written is tried again, told in the log, and counted. */
export class AuditQueue implements AuditSink {
  #log: AuditLog;
  #logger: Logger;
  #waiting: AuditDraft[] = [];
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failing = false;

  constructor(log: AuditLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  add(draft: AuditDraft): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(draft);
    else this.#lost++;
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Writes what waits; false = it still waits. */
  flush(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return true;
    try {
      this.#log.append(this.#lost === 0 ? this.#waiting : [...this.#waiting, lost(this.#lost)]);
      this.#waiting = [];
      this.#lost = 0;
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        this.#logger.error("events are not in the audit log yet", { error: messageOf(error) });
      }
      this.#failing = true;
      this.#timer = setTimeout(() => this.flush(), GATHER_MS * 50);
    }
    return !this.#failing;
  }

  /** Writes what waits for the last time. */
  close(): void {
    if (!this.flush()) {
      this.#logger.error("events are lost for the audit log", { events: this.#waiting.length });
    }
    clearTimeout(this.#timer);
  }
}

function lost(events: number): AuditDraft {
  return {
    ...{ category: "security-events", actor: "ssmd", action: "audit lost", target: "" },
    ...{ outcome: "failed", reason: "AUDIT_OVERFLOW", metadata: { events } },
  };
}
