import type { DatabaseFault } from "./database.ts";

/** The server did not respond in time. */
export class DatabaseSilent extends Error {
  constructor(where: string, waitedMs: number) {
    super(`${where} did not answer within ${waitedMs} ms`);
  }
}

/** The connection ended during a transaction. */
export class DatabaseGone extends Error {
  constructor(where: string) {
    super(`The connection to ${where} ended`);
  }
}

/** Error codes of the system and the package: no connection, or a lost one. */
const AWAY: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"],
  ...["ENETUNREACH", "ETIMEDOUT", "CONNECT_TIMEOUT", "CONNECTION_CLOSED", "CONNECTION_ENDED"],
  "CONNECTION_DESTROYED",
]);
/** SQLSTATEs: connection exceptions, shutdown, crash, startup, too many connections. */
const AWAY_STATES = /^(08...|57P0[1-5]|53300)$/;
/** SQLSTATEs: timeout of a lock or statement, serialization failure, deadlock. */
const BUSY_STATES = /^(55P03|57014|40001|40P01)$/;

/** Classifies a driver error; never `closed`. */
export function postgresFaultOf(error: unknown): DatabaseFault {
  const code = codeOf(error);
  if (error instanceof DatabaseSilent || error instanceof DatabaseGone) return "away";
  if (AWAY.has(code) || AWAY_STATES.test(code)) return "away";
  return BUSY_STATES.test(code) ? "busy" : "failed";
}

/** Returns whether the server rolled a transaction back because of a conflict. */
export function wasTakenBack(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? "");
}
