import { createHash } from "node:crypto";
import type { Journal, JsonRecord } from "@ssmd/journal";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import type { AgentStore } from "./agent_store.ts";

/** Kind of an audited event. */
type AuditWhat =
  | "request"
  | "model_call"
  | "gate"
  | "backtest"
  | "approval_asked"
  | "approval"
  | "commit"
  | "tool_call"
  | "decision"
  | "action"
  | "end";

/** An audit record. */
export interface AuditEntry {
  at: string;
  what: AuditWhat;
  record: JsonRecord;
}

/** Audits all agent actions in database and journal, with hashes in place of texts. */
export class AgentAudit {
  #store: AgentStore;
  #journal: Journal | undefined;

  constructor(store: AgentStore, journal?: Journal) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Adds a record. Throws the journal's errors. */
  async add(thread: string, what: AuditWhat, record: JsonRecord): Promise<void> {
    const at = isoOfUs(nowUs());
    this.#store.db.prepare("INSERT INTO audit (thread, at, what, record) VALUES (?, ?, ?, ?)")
      .run(thread, at, what, JSON.stringify(record));
    await this.#journal?.append("audit.agent", { thread, what, ...record });
  }

  /** Returns a thread's records, oldest first. */
  ofThread(thread: string): AuditEntry[] {
    const rows = this.#store.db.prepare("SELECT * FROM audit WHERE thread = ? ORDER BY position")
      .all(thread);
    return rows.map(({ at, what, record }) => ({
      ...{ at: String(at), what: String(what) as AuditWhat },
      record: JSON.parse(String(record)),
    }));
  }
}

/** Returns the SHA-256 of a text, hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
