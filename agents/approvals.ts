import { isoOfUs, nowUs, SsmdError } from "@ssmd/runtime";
import type { AgentStore } from "./agent_store.ts";

/** A pending approval. */
interface PendingApproval {
  /** SHA-256 of exactly what was tested. */
  hash: string;
  /** Principal allowed to decide. */
  principal: string;
  /** Expiry, ms since 1970. */
  untilMs: number;
}

/** What a person refused, or did not decide in time. */
export interface Refusal {
  state: "rejected" | "expired";
  /** SHA-256 of what it was. */
  hash: string;
  /** Deciding client or principal; "" = nobody. */
  by: string;
}

/** A person's decision. */
export interface Decision {
  decision: "approve" | "reject";
  /** Hash that the person saw. */
  hash: string;
  /** Deciding principal. */
  principal: string;
  /** Client on whose behalf the principal decides; absent: the principal. */
  by?: string;
}

/** Approvals, each for one hash and principal, with an expiry, usable once. */
export class Approvals {
  #store: AgentStore;

  constructor(store: AgentStore) {
    this.#store = store;
  }

  /** Requests an approval. Idempotent for the same hash, as graphs repeat nodes. */
  ask(
    thread: string,
    { hash, principal, withinMs }: { hash: string; principal: string; withinMs: number },
  ): void {
    this.#store.db.prepare(
      `INSERT INTO approvals VALUES (?1, ?2, ?3, ?4, NULL, NULL, NULL) ON CONFLICT (thread) DO UPDATE
       SET hash = ?2, principal = ?3, until_ms = ?4, decision = NULL, decided_by = NULL,
       decided_at = NULL WHERE hash <> ?2`,
    ).run(thread, hash, principal, Date.now() + withinMs);
  }

  /** Returns whether a thread's pending approval has expired. */
  isExpired(thread: string): boolean {
    const { untilMs = Infinity } = this.pending(thread) ?? {};
    return untilMs < Date.now();
  }

  /** Returns a thread's pending approval; undefined without one. */
  pending(thread: string): PendingApproval | undefined {
    const row = this.#store.db.prepare(
      "SELECT * FROM approvals WHERE thread = ? AND decision IS NULL",
    ).get(thread);
    return row && {
      hash: String(row["hash"]),
      principal: String(row["principal"]),
      untilMs: Number(row["until_ms"]),
    };
  }

  /**
   * Decides a pending approval. Throws SsmdError `APPROVAL_NOT_PENDING` (none, or already used),
   * `APPROVAL_OTHER_HASH`, `APPROVAL_OTHER_PRINCIPAL` or `APPROVAL_EXPIRED`, deciding nothing.
   */
  decide(thread: string, { decision, hash, principal, by = principal }: Decision): void {
    this.#store.changeDurably(() => {
      const pending = this.pending(thread);
      const command = thread.startsWith("a-") ? "ssmd action" : "ssmd agent";
      if (pending === undefined) {
        throw refused("NOT_PENDING", "nothing waits for an approval here", `${command} list`);
      }
      if (pending.hash !== hash) {
        const hint = `${command} show ${thread} shows what would be approved now`;
        throw refused("OTHER_HASH", "what is approved is not what was tested", hint);
      }
      if (pending.principal !== principal) {
        const hint = `${pending.principal} asked for it and decides`;
        throw refused("OTHER_PRINCIPAL", `${principal} may not decide this`, hint);
      }
      if (decision === "approve" && pending.untilMs < Date.now()) {
        throw refused("EXPIRED", "the approval came too late", "ask for it again");
      }
      this.#store.db.prepare(
        "UPDATE approvals SET decision = ?, decided_by = ?, decided_at = ? WHERE thread = ?",
      ).run(decision, by, isoOfUs(nowUs()), thread);
    });
  }

  /** Returns how a thread was refused, whatever it asks for now; undefined when it was not. */
  refusal(thread: string): Refusal | undefined {
    const row = this.#store.db.prepare(
      "SELECT * FROM approvals WHERE thread = ? AND decision IS NOT 'approve'",
    ).get(thread);
    if (row === undefined) return undefined;
    const isRejected = row["decision"] === "reject";
    if (!isRejected && !this.isExpired(thread)) return undefined;
    return {
      ...{ state: isRejected ? "rejected" : "expired", hash: String(row["hash"]) },
      by: isRejected ? String(row["decided_by"]) : "",
    };
  }

  /** Returns the decision on exactly this hash; undefined without one. */
  decided(
    thread: string,
    hash: string,
  ): { decision: "approve" | "reject"; by: string } | undefined {
    const row = this.#store.db.prepare(
      "SELECT * FROM approvals WHERE thread = ? AND hash = ? AND decision IS NOT NULL",
    ).get(thread, hash);
    if (row === undefined) return undefined;
    const decision = row["decision"] === "approve" ? "approve" : "reject";
    return { decision, by: String(row["decided_by"]) };
  }
}

function refused(code: string, message: string, hint: string): SsmdError {
  return new SsmdError(`APPROVAL_${code}`, message, { hint });
}
