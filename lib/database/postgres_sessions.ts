import type { Sql } from "postgres";

/**
 * A connection used by one transaction at a time. After it ends, nothing more is sent on it: the
 * package would write to a closed socket and keep unsent data for the next connection.
 */
export interface PostgresSession {
  sql: Sql;
  isGone: boolean;
}

/** Longest wait for pending transactions on close, seconds. */
const CLOSE_S_MAX = 5;

/**
 * A pool of single connections, opened on demand. Replaces the package's own pool, which causes
 * unhandled rejections of its internal queries when a connection dies.
 */
export class PostgresSessions {
  #connect: (onclose: () => void) => Promise<Sql>;
  #free: number;
  #waiting: (() => void)[] = [];
  #idle: PostgresSession[] = [];
  #all = new Set<PostgresSession>();

  /** `connect` returns a client that connects with its first statement; at most `max` at once. */
  constructor(connect: (onclose: () => void) => Promise<Sql>, max: number) {
    this.#connect = connect;
    this.#free = max;
  }

  /** Waits for a free session and returns it to the pool after `use`. */
  async with<T>(use: (session: PostgresSession) => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      const session = this.#idle.pop() ?? await this.#open();
      try {
        return await use(session);
      } finally {
        if (!session.isGone) this.#idle.push(session);
      }
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Ends a connection and rejects its pending statements. */
  drop(session: PostgresSession): void {
    if (session.isGone) return;
    session.isGone = true;
    this.#all.delete(session);
    this.#idle = this.#idle.filter((each) => each !== session);
    void session.sql.end({ timeout: 0 });
  }

  /** Ends all connections after pending transactions. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map(({ sql }) => sql.end({ timeout: CLOSE_S_MAX })));
  }

  async #open(): Promise<PostgresSession> {
    const gone: { session?: PostgresSession } = {};
    const sql = await this.#connect(() => gone.session && this.drop(gone.session));
    const session = gone.session = { sql, isGone: false };
    this.#all.add(session);
    return session;
  }

  async #turn(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
