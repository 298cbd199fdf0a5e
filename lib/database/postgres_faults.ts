import type { DatabaseFault } from "./database.ts";

/** The server did not answer in time. */
export class DatabaseSilent extends Error {
  constructor(where: string, waitedMs: number) {
    super(`${where} did not answer within ${waitedMs} ms`);
  }
}

/** The connection ended within a transaction. */
export class DatabaseGone extends Error {
  constructor(where: string) {
    super(`The connection to ${where} ended`);
  }
}

/** Of the system and the package: no connection, or the end of one. */
const AWAY: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"],
  ...["ENETUNREACH", "ETIMEDOUT", "CONNECT_TIMEOUT", "CONNECTION_CLOSED", "CONNECTION_ENDED"],
  "CONNECTION_DESTROYED",
]);
/** Of the server: connection exceptions, shutdown, crash of another process, start, no place left. */
const AWAY_STATES = /^(08...|57P0[1-5]|53300)$/;
/** Of the server: a wait for a lock or an answer took too long, or two waited for each other. */
const BUSY_STATES = /^(55P03|57014|40001|40P01)$/;

/** Of which kind an error of the driver is; never `closed`. */
export function postgresFaultOf(error: unknown): DatabaseFault {
  const code = codeOf(error);
  if (error instanceof DatabaseSilent || error instanceof DatabaseGone) return "away";
  if (AWAY.has(code) || AWAY_STATES.test(code)) return "away";
  return BUSY_STATES.test(code) ? "busy" : "failed";
}

/** Whether the server took a transaction back since others were in its way. */
export function wasTakenBack(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? "");
}
