import { hostname, userInfo } from "node:os";
import type { JsonRecord } from "./journal.ts";
import { type JournalConfig, openJournal } from "./open.ts";

/** Origin of an operation: OS user, machine, process. */
interface Who {
  user: string;
  host: string;
  pid: number;
}

/** Returns the origin for this process; unreadable parts are "unknown". */
export function whoIsThis(): Who {
  return {
    user: readable(() => userInfo().username),
    host: readable(hostname),
    pid: Deno.pid,
  };
}

/**
 * Appends one record to the topic `audit.{category}`, adding `who`, and closes the journal.
 * Resolves with whether it is durable: a memory journal ends with the process. Throws like
 * {@linkcode openJournal} and append.
 */
export async function appendAudit(
  config: JournalConfig,
  category: string,
  record: JsonRecord,
): Promise<boolean> {
  if (config.type === "memory") return false;
  const journal = await openJournal(config);
  try {
    await journal.append(`audit.${category}`, { ...record, who: { ...whoIsThis() } });
  } finally {
    await journal.close();
  }
  return true;
}

function readable(read: () => string): string {
  try {
    return read() || "unknown";
  } catch {
    return "unknown";
  }
}
