import { type Logger, messageOf } from "@ssmd/runtime";
import type { AuditDraft } from "./event.ts";
import type { AuditLog } from "./log.ts";
import type { AuditLocation } from "./open.ts";
import { type AuditWriter, openAuditWriter } from "./writer.ts";

/** Events buffered in memory; more are dropped, and their number is logged as an event. */
const WAITING_MAX = 50_000;
/** Time to batch events for one write, ms. */
const GATHER_MS = 20;
/** Retry interval of an unavailable log, ms. */
const AGAIN_MS = 1000;

/**
 * Audit log of a service: writes events in batches, so responses do not wait for the disk. Retries
 * failed writes; counts events beyond the buffer.
 */
export class AuditQueue implements AsyncDisposable {
  #writer: AuditWriter;
  #logger: Logger;
  #waiting: AuditDraft[] = [];
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #problem: string | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Opens the log of a location. Rejects with StorageError. */
  static async open(location: AuditLocation, logger: Logger): Promise<AuditQueue> {
    const queue = new AuditQueue(await openAuditWriter(location), logger);
    queue.#tell(queue.#writer.problem);
    return queue;
  }

  private constructor(writer: AuditWriter, logger: Logger) {
    this.#writer = writer;
    this.#logger = logger;
  }

  /** Why events are not in the log yet; undefined = they are. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Flushes and returns the log. Rejects with StorageError while it is unavailable. */
  async log(): Promise<AuditLog> {
    await this.flush();
    return await this.#writer.log();
  }

  /** Adds an event; it is durable some milliseconds later. */
  add(draft: AuditDraft): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(draft);
    else this.#lost++;
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Writes pending events; false = some are still pending. */
  async flush(): Promise<boolean> {
    await (this.#last = this.#last.then(() => this.#flush()));
    return this.#waiting.length === 0;
  }

  /** Writes pending events a last time, and closes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!await this.flush()) {
      this.#logger.error("events are lost for the audit log", { events: this.#waiting.length });
    }
    clearTimeout(this.#timer);
    await this.#writer[Symbol.asyncDispose]();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0 && this.#problem === undefined) return;
    const [events, lostEvents] = [this.#waiting, this.#lost];
    this.#waiting = [];
    this.#lost = 0;
    try {
      await this.#writer.append(lostEvents === 0 ? events : [...events, lost(lostEvents)]);
      this.#tell(this.#writer.problem);
    } catch (error) {
      this.#waiting = [...events, ...this.#waiting];
      this.#lost += lostEvents;
      this.#tell(messageOf(error));
    }
  }

  /** Logs a problem once and schedules a retry. */
  #tell(problem: string | undefined): void {
    if (problem !== undefined) {
      if (this.#problem === undefined) {
        this.#logger.error("events are not in the audit log yet", { error: problem });
      }
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.flush(), AGAIN_MS);
    } else if (this.#problem !== undefined) {
      this.#logger.info("all events are in the audit log again", {});
    }
    this.#problem = problem;
  }
}

function lost(events: number): AuditDraft {
  return {
    ...{ category: "security-events", actor: "ssmd", action: "audit lost", target: "" },
    ...{ outcome: "failed", reason: "AUDIT_OVERFLOW", metadata: { events } },
  };
}
