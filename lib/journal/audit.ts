import { hostname, userInfo } from "node:os";
import type { JsonRecord } from "./journal.ts";
import { type JournalConfig, openJournal } from "./open.ts";

/** Who does something: the user of the system, the machine, the process. */
interface Who {
  user: string;
  host: string;
  pid: number;
}

/** This process; what it may not read of itself is "unknown". */
export function whoIsThis(): Who {
  return {
    user: readable(() => userInfo().username),
    host: readable(hostname),
    pid: Deno.pid,
  };
}

/**
 * Appends one record to the topic `audit.{category}` with `who` in it, and closes the journal again.
 * Resolves with whether it is kept: a journal in memory ends with the process. Throws what
 * {@linkcode openJournal} and append throw.
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
