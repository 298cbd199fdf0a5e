import type { Sql } from "postgres";

/**
 * A connection that one transaction has at a time. When it ends, nothing is sent on it any more: the
 * package would write to a socket that is no more, and keep what was not sent for the next one.
 */
export interface PostgresSession {
  sql: Sql;
  isGone: boolean;
}

/** Longest wait for what is under way when all are closed. */
const CLOSE_S_MAX = 5;

/**
 * Connections of one each, opened as they are needed. The package's own pool is not used: what it
 * asks of itself on a connection that dies is rejected where nobody listens.
 */
export class PostgresSessions {
  #connect: (onclose: () => void) => Promise<Sql>;
  #free: number;
  #waiting: (() => void)[] = [];
  #idle: PostgresSession[] = [];
  #all = new Set<PostgresSession>();

  /** `connect` makes what opens a connection with its first statement; at most `max` at once. */
  constructor(connect: (onclose: () => void) => Promise<Sql>, max: number) {
    this.#connect = connect;
    this.#free = max;
  }

  /** Waits for a session that is nobody's, and gives it back after `use`. */
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

  /** Ends a connection; what is under way on it is rejected. */
  drop(session: PostgresSession): void {
    if (session.isGone) return;
    session.isGone = true;
    this.#all.delete(session);
    this.#idle = this.#idle.filter((each) => each !== session);
    void session.sql.end({ timeout: 0 });
  }

  /** Ends all, once what is under way is done. */
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
