import { type Logger, messageOf } from "@ssmd/runtime";
import type { GatewayRun, SessionRecord, UsageCount } from "./account.ts";
import type { ClientStore, Counted } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** Options of a {@linkcode UsageLog}. */
interface UsageLogOptions {
  store: ClientStore;
  /** Id of this run of the gateway. */
  run: string;
  /** Returns the revision of the accounts that applies now. */
  revision: () => number;
  logger: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called with counts that have been stored. */
  onWritten?: (usage: readonly UsageCount[]) => void;
}

/** Rows of one write. */
type Batch = Pick<Counted, "usage" | "sessions" | "keysUsed"> & { number: number };

/**
 * Buffers usage and sessions and writes them in small batches, so that streams never wait for the
 * disk. While the store fails, counts add up in one row per day, client, feed and type.
 */
export class UsageLog {
  #store: ClientStore;
  #logger: Logger;
  #run: string;
  #revision: () => number;
  #now: () => number;
  #usage = new Map<string, UsageCount>();
  #sessions = new Map<string, SessionRecord>();
  #keysUsed = new Map<string, number>();
  #keysWritten = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();
  #failing = false;
  #onWritten: (usage: readonly UsageCount[]) => void;
  /** A batch that may or may not be stored: it is retried unchanged, under the same number. */
  #unsure: Batch | undefined;
  #batches = 0;

  constructor({ store, run, revision, logger, now, onWritten = () => {} }: UsageLogOptions) {
    this.#onWritten = onWritten;
    this.#store = store;
    this.#run = run;
    this.#revision = revision;
    this.#logger = logger;
    this.#now = now;
  }

  /** Adds deliveries or requests. */
  add(count: UsageCount): void {
    const key = `${count.day} ${count.client} ${count.feed} ${count.type}`;
    const known = this.#usage.get(key);
    if (known === undefined) this.#usage.set(key, { ...count });
    else known.messages += count.messages;
  }

  /** Adds a started or ended session. */
  putSession(session: SessionRecord): void {
    this.#sessions.set(session.id, { ...session });
    if (this.#sessions.size <= ACCESS_LIMITS.endedSessionsMax) return;
    for (const [id, { endedAtMs }] of this.#sessions) {
      if (endedAtMs !== null) return void this.#sessions.delete(id);
    }
  }

  /** Notes a use of a key. */
  addKeyUse(id: string): void {
    const nowMs = this.#now();
    const written = this.#keysWritten.get(id);
    if (written !== undefined && nowMs - written < ACCESS_LIMITS.keyUseMs) return;
    if (this.#keysWritten.size >= ACCESS_LIMITS.clientsMax) this.#keysWritten.clear();
    this.#keysWritten.set(id, nowMs);
    this.#keysUsed.set(id, nowMs);
  }

  /** Writes one batch, or all; a failed batch is retried with the next flush. */
  flush(all = false): Promise<void> {
    return this.#writing = this.#writing.then(async () => {
      do await this.#write(); while (all && !this.#failing && this.#hasUnwritten());
    });
  }

  /** Runs `body` between two writes, so that it reads everything written before. */
  async between(body: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(body);
    this.#writing = done.catch(() => {});
    await done;
  }

  /** Writes everything and marks this run as stopped. */
  async close(): Promise<void> {
    await this.flush(true);
    if (this.#failing) return;
    await this.#store.count({ usage: [], sessions: [], keysUsed: [], run: this.#runAt(0) });
  }

  #runAt(seenAtMs: number): GatewayRun {
    return { id: this.#run, pid: Deno.pid, seenAtMs, revision: this.#revision() };
  }

  #hasUnwritten(): boolean {
    return this.#usage.size + this.#sessions.size + this.#keysUsed.size > 0;
  }

  async #write(): Promise<void> {
    const { number, ...batch } = this.#unsure ??= this.#takeBatch();
    const atMs = this.#now();
    try {
      await this.#store.count({
        ...{ ...batch, batch: { run: this.#run, number, atMs }, run: this.#runAt(atMs) },
      });
      this.#unsure = undefined;
      this.#onWritten(batch.usage);
      if (this.#failing) this.#logger.info("usage is written again");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        this.#logger.warn("usage cannot be written now", { error: messageOf(error) });
      }
      this.#failing = true;
    }
  }

  #takeBatch(): Batch {
    return {
      number: ++this.#batches,
      usage: takeOldest(this.#usage).map(([, count]) => count),
      sessions: takeOldest(this.#sessions).map(([, session]) => session),
      keysUsed: takeOldest(this.#keysUsed).map(([id, atMs]) => ({ id, atMs })),
    };
  }
}

/** Removes and returns the oldest entries of a map. */
function takeOldest<V>(map: Map<string, V>): [string, V][] {
  const entries: [string, V][] = [];
  for (const entry of map) {
    if (entries.length >= ACCESS_LIMITS.flushRowsMax) break;
    entries.push(entry);
  }
  for (const [key] of entries) map.delete(key);
  return entries;
}
