import { isoOfUs, messageOf, nowUs, SsmdError } from "@ssmd/runtime";
import type { AuditDraft } from "./event.ts";
import type { AuditLog } from "./log.ts";
import { type AuditLocation, openAuditLog } from "./open.ts";
import { WaitingEvents } from "./waiting.ts";

/** Writes events without loss while their log is unavailable. */
export interface AuditWriter extends AsyncDisposable {
  /** Writes events to the log or to the waiting file; durable once resolved. */
  append(drafts: readonly AuditDraft[]): Promise<void>;
  /** Returns the log. Rejects while it is unavailable. */
  log(): Promise<AuditLog>;
  /** Why events are waiting; undefined = none are. */
  readonly problem: string | undefined;
}

/** Opens the log of a location for writing. Rejects like {@linkcode openAuditLog} for a file. */
export async function openAuditWriter(location: AuditLocation): Promise<AuditWriter> {
  if (location.type === "postgres") return await SharedWriter.open(location);
  const log = await openAuditLog(location);
  return {
    append: async (drafts) => void await log.append(drafts),
    log: () => Promise.resolve(log),
    problem: undefined,
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

/** Writes to a log shared by machines. Numbered batches make retries idempotent. */
class SharedWriter implements AuditWriter {
  problem: string | undefined;
  #location: AuditLocation;
  #waiting: WaitingEvents;
  #log: AuditLog | undefined;
  #writer = crypto.randomUUID();
  #number = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Rejects when a newer software version wrote the log. */
  static async open(location: AuditLocation & { type: "postgres" }): Promise<SharedWriter> {
    const writer = new SharedWriter(location, location.waitingPath);
    try {
      await writer.append([]);
      return writer;
    } catch (error) {
      await writer[Symbol.asyncDispose]();
      throw error;
    }
  }

  constructor(location: AuditLocation, waitingPath: string) {
    this.#location = location;
    this.#waiting = new WaitingEvents(waitingPath);
  }

  append(drafts: readonly AuditDraft[]): Promise<void> {
    const done = this.#last.then(() => this.#append(drafts));
    this.#last = done.catch(() => {});
    return done;
  }

  async log(): Promise<AuditLog> {
    return this.#log ??= await openAuditLog(this.#location);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#log?.[Symbol.asyncDispose]();
    await this.#waiting.close();
  }

  async #append(drafts: readonly AuditDraft[]): Promise<void> {
    const batch = { writer: this.#writer, number: ++this.#number };
    const happenedAt = isoOfUs(nowUs());
    try {
      const log = await this.log();
      await this.#waiting.bringInto(log);
      if (drafts.length > 0) await log.append(drafts, batch);
      this.problem = undefined;
    } catch (error) {
      if (error instanceof SsmdError && error.code === "AUDIT_NEWER") throw error;
      if (drafts.length > 0) await this.#waiting.keep(batch, drafts.map((draft) => late(draft)));
      this.problem = messageOf(error);
    }

    function late(draft: AuditDraft): AuditDraft {
      return { ...draft, metadata: { ...draft.metadata, happened_at: happenedAt } };
    }
  }
}
