import { type Logger, messageOf } from "@ssmd/runtime";
import type { AuditDraft } from "./event.ts";
import { AuditLog } from "./log.ts";

/** Events that may wait; more are counted, and their number is an event itself. */
const WAITING_MAX = 50_000;
/** Time in which events are gathered for one write, ms. */
const GATHER_MS = 20;

/**
 * The audit log of a service: events are written in groups, so that no answer waits for the disk.
 * What cannot be written is tried again; what does not fit any more is counted.
 */
export class AuditQueue {
  #log: AuditLog;
  #logger: Logger;
  #waiting: AuditDraft[] = [];
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failing = false;

  /** Opens the log at `path`. Throws StorageError `AUDIT_FAILED`. */
  constructor(path: string, logger: Logger) {
    this.#log = new AuditLog(path);
    this.#logger = logger;
  }

  /** The log with all that was added. */
  get log(): AuditLog {
    this.flush();
    return this.#log;
  }

  /** Adds an event; it is durable some milliseconds later. */
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

  /** Writes what waits for the last time, and closes the log. */
  close(): void {
    if (!this.flush()) {
      this.#logger.error("events are lost for the audit log", { events: this.#waiting.length });
    }
    clearTimeout(this.#timer);
    this.#log[Symbol.dispose]();
  }
}

function lost(events: number): AuditDraft {
  return {
    ...{ category: "security-events", actor: "ssmd", action: "audit lost", target: "" },
    ...{ outcome: "failed", reason: "AUDIT_OVERFLOW", metadata: { events } },
  };
}
