import type { ActionMarket, Fire, FireAction } from "@ssmd/market";
import { NO_ACTION, type Policy, type PolicyAction } from "@ssmd/metadata";
import { sha256 } from "../audit.ts";
import type { AgentStore } from "../agent_store.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { StatementSync } from "node:sqlite";

/** Stage of an action: `open` = graph running, `queued` = to be sent, `sent` = to be published. */
type ActionStage = "open" | "approval" | "queued" | "sent" | "ended";

/** A fire and what a policy does about it. */
export interface ActionRow {
  id: string;
  policy: string;
  fire: Fire;
  stage: ActionStage;
  /** Failed runs or sends in this stage. */
  attempts: number;
  result: FireAction;
}

/** A chosen action with the reason. */
export interface Choice {
  action: string;
  by: "model" | "default";
  reason: string;
}

/** A choice with its policy. */
interface Picked {
  policy: Policy;
  choice: Choice;
}

const HOUR_MS = 3_600_000;
/** Feed and symbol of a row; names contain no line break. */
const MARKET = "(json_extract(result, '$.feed') || char(10) || json_extract(result, '$.symbol'))";

/** Actions on fires and their queue: everything is stored before it is sent. */
export class ActionStore {
  #store: AgentStore;
  #model: string;

  /** `model` is the model's name, "" without one. */
  constructor(store: AgentStore, model = "") {
    this.#store = store;
    this.#model = model;
  }

  /** Stores fires for matching policies, each once, durably across power loss. */
  take(fires: readonly Fire[], policies: readonly Policy[]): void {
    this.#store.changeDurably((db) => {
      const insert = db.prepare(
        "INSERT OR IGNORE INTO fire_actions VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
      );
      for (const fire of fires) {
        for (const policy of policies) {
          if (isOf(policy, fire)) this.#insert(insert, fire, policy);
        }
      }
    });
  }

  #insert(insert: StatementSync, fire: Fire, policy: Policy): void {
    const now = Date.now();
    const id = actionId(fire, policy.name);
    const state = isLate(fire, policy)
      ? "late"
      : this.#isLimited(policy, now)
      ? "limited"
      : "working";
    const isActedOn = state === "working";
    const result: FireAction = {
      ...{ id, fire: fire.id, signal: fire.signal, feed: fire.feed, symbol: fire.symbol },
      ...{ policy: policy.name, action: "", type: "", detail: {}, state, chosen_by: "" },
      ...{ model: "", reason: "", problem: "", hash: "", decided_by: "", at: now },
      ended_at: isActedOn ? 0 : now,
    };
    insert.run(
      ...[id, fire.id, fire.signal, policy.name, JSON.stringify(fire), now] as const,
      ...[Number(isActedOn), isActedOn ? "open" : "sent", now, JSON.stringify(result)] as const,
    );
  }

  #isLimited({ name, per_hour: most }: Policy, now: number): boolean {
    const taken = this.#store.db.prepare(
      "SELECT count(*) AS n FROM fire_actions WHERE policy = ? AND acted = 1 AND taken_ms > ?",
    ).get(name, now - HOUR_MS);
    return Number(taken?.["n"]) >= most;
  }

  /** Returns due rows, oldest first; rows waiting for approval once it is decided or expired. */
  due(): ActionRow[] {
    const now = Date.now();
    return this.#rows(
      `state NOT IN ('ended', 'approval') AND due_ms <= ?1 OR state = 'approval' AND EXISTS
       (SELECT 1 FROM approvals WHERE thread = id AND (decision IS NOT NULL OR until_ms < ?1))
       ORDER BY due_ms, id LIMIT ${AGENT_LIMITS.actionsAtOnce * 4}`,
      now,
    );
  }

  /** Returns a row by id. */
  find(id: string): ActionRow | undefined {
    return this.#rows("id = ?1", id)[0];
  }

  /**
   * Lists actions, newest first, by signal (default all); `waiting` selects pending approvals,
   * `after` those that follow an action in this order, `markets` those of these.
   */
  list({ signal = "", waiting = false, after = "", limit, markets }: {
    signal?: string | undefined;
    waiting?: boolean | undefined;
    after?: string | undefined;
    limit: number;
    markets?: readonly ActionMarket[] | undefined;
  }): FireAction[] {
    const only = (waiting ? " AND state = 'approval'" : "") +
      (markets === undefined ? "" : ` AND ${MARKET} IN (SELECT value FROM json_each(?3))`);
    const names = markets?.map(({ feed, symbol }) => `${feed}\n${symbol}`);
    const rest = `(?2 = '' OR (-taken_ms, id) > (SELECT -taken_ms, id FROM fire_actions
      WHERE id = ?2))`;
    const where =
      `(?1 = '' OR signal = ?1)${only} AND ${rest} ORDER BY taken_ms DESC, id LIMIT ${limit}`;
    const given = names === undefined ? [] : [JSON.stringify(names)];
    return this.#rows(where, signal, after, ...given).map(({ result }) => result);
  }

  /** Returns the markets that have actions, by signal (default all). */
  markets(signal = ""): ActionMarket[] {
    const rows = this.#store.db.prepare(
      `SELECT DISTINCT ${MARKET} AS market FROM fire_actions WHERE ?1 = '' OR signal = ?1`,
    ).all(signal);
    return rows.map((row) => {
      const [feed = "", symbol = ""] = String(row["market"]).split("\n");
      return { feed, symbol };
    });
  }

  /** Returns the newest fires of a signal on a market that were acted on, newest first. */
  firesOf(signal: string, symbol: string): Fire[] {
    // Several policies may act on one fire.
    const where =
      `signal = ?1 AND acted = 1 AND json_extract(fire, '$.symbol') = ?2 GROUP BY fire_id
       ORDER BY max(taken_ms) DESC LIMIT ${AGENT_LIMITS.contextRecordsMax}`;
    return this.#rows(where, signal, symbol).map(({ fire }) => fire);
  }

  /** Queues a choice; idempotent, as nodes may repeat. */
  queue(id: string, picked: Picked, more: Partial<FireAction> = {}): void {
    const isOver = more.state !== undefined || picked.choice.action === NO_ACTION;
    this.#move(id, ["open", "approval"], {
      ...{ to: isOver ? "sent" : "queued" },
      result: {
        ...this.#chosen(picked),
        ...{ state: picked.choice.action === NO_ACTION ? "none" : "working", hash: "", ...more },
      },
    });
  }

  /** Marks the action as waiting for an approval. */
  wait(id: string, picked: Picked, hash: string): void {
    this.#move(id, ["open", "approval"], {
      to: "approval",
      result: { ...this.#chosen(picked), state: "approval", hash },
    });
  }

  #chosen({ policy: { actions }, choice: { action, by, reason } }: Picked): Partial<FireAction> {
    const chosen = actions[action];
    return {
      ...{ action, type: chosen?.type ?? "", detail: detailOf(chosen), chosen_by: by, reason },
      model: by === "model" ? this.#model : "",
    };
  }

  /** Stores the result of sending. */
  sent(id: string, result: Partial<FireAction>): void {
    this.#move(id, ["open", "approval", "queued"], { to: "sent", result });
  }

  /** Marks the action as ended, once its record is published. */
  end(id: string): void {
    this.#move(id, ["sent"], { to: "ended", result: {} });
  }

  /** Schedules a retry; returns the number of failures in this stage. */
  retry({ id, attempts }: ActionRow): number {
    const waitMs = Math.min(AGENT_LIMITS.retryMs * 2 ** attempts, AGENT_LIMITS.retryMsMax);
    this.#store.db.prepare("UPDATE fire_actions SET attempts = ?, due_ms = ? WHERE id = ?")
      .run(attempts + 1, Date.now() + waitMs, id);
    return attempts + 1;
  }

  #move(
    id: string,
    from: readonly ActionStage[],
    { to, result }: { to: ActionStage; result: Partial<FireAction> },
  ): void {
    this.#store.change((db) => {
      const row = this.find(id);
      if (row === undefined || !from.includes(row.stage)) return;
      const now = Date.now();
      const over = to === "sent" ? { ended_at: now } : {};
      db.prepare(
        "UPDATE fire_actions SET state = ?, attempts = 0, due_ms = ?, result = ? WHERE id = ?",
      ).run(to, now, JSON.stringify({ ...row.result, ...result, ...over }), id);
      // Nobody can decide any more on what has expired or failed.
      if (to !== "approval") {
        db.prepare("DELETE FROM approvals WHERE thread = ? AND decision IS NULL").run(id);
      }
    });
  }

  #rows(where: string, ...parameters: (string | number)[]): ActionRow[] {
    return this.#store.db.prepare(`SELECT * FROM fire_actions WHERE ${where}`).all(...parameters)
      .map((row) => ({
        id: String(row["id"]),
        policy: String(row["policy"]),
        fire: JSON.parse(String(row["fire"])),
        stage: String(row["state"]) as ActionStage,
        attempts: Number(row["attempts"]),
        result: { ended_at: 0, ...JSON.parse(String(row["result"])) },
      }));
  }
}

/** Returns the id of a policy's action on a fire; also its thread id and idempotency key. */
function actionId({ id }: Fire, policy: string): string {
  return `a-${sha256(`${policy} ${id}`).slice(0, 24)}`;
}

function detailOf(action: PolicyAction | undefined): FireAction["detail"] {
  switch (action?.type) {
    case "alert":
      return { severity: action.severity };
    case "webhook":
      return { to: action.to };
    case "trade_signal":
      return { side: action.side, ...(action.size === undefined ? {} : { size: action.size }) };
    default:
      return {};
  }
}

/** Returns whether a fire is too old for its policy to act on. */
export function isLate(
  { receivedAtUs }: Fire,
  { within = AGENT_LIMITS.fireAgeMs }: Policy,
): boolean {
  return receivedAtUs / 1000 < Date.now() - within;
}

/** Returns whether a policy matches a fire. */
function isOf({ signals, symbols }: Policy, { signal, symbol }: Fire): boolean {
  const fits = (patterns: readonly string[], name: string) =>
    patterns.some((pattern) =>
      pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern
    );
  return fits(signals, signal) && (symbols === undefined || fits(symbols, symbol));
}
