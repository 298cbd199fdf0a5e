import { todayUtc } from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import type { AgentStore } from "./agent_store.ts";
import { AGENT_LIMITS } from "./limits.ts";

/** Budget limits. */
export interface BudgetLimits {
  stepsPerThreadMax: number;
  callsPerThreadMax: number;
  callsPerDayMax: number;
  tokensPerThreadMax: number;
  tokensPerDayMax: number;
}

/** Thrown when the budget of a thread or day is exhausted. */
export class BudgetExhausted extends SsmdError {
  constructor(of: string) {
    super("BUDGET_EXHAUSTED", `the budget of ${of} is spent`, {
      hint: "Raise agents.budget of the environment, or ask again tomorrow",
    });
  }
}

/** Counts graph steps, model calls and tokens by thread and day, durably. */
export class Budget {
  #store: AgentStore;
  #limits: BudgetLimits;
  #today: () => string;

  /** `today` names the current budget day; default the UTC date. */
  constructor(store: AgentStore, limits: Partial<BudgetLimits> = {}, today = todayUtc) {
    this.#store = store;
    this.#today = today;
    this.#limits = { ...AGENT_LIMITS, ...limits };
  }

  /** Counts a graph step in advance. Throws BudgetExhausted. */
  takeStep(thread: string): void {
    this.#store.change(() => {
      const scope = `steps of thread ${thread}`;
      if (this.#spent(scope).calls >= this.#limits.stepsPerThreadMax) {
        throw new BudgetExhausted(scope);
      }
      this.#add(scope, 1, 0);
    });
  }

  /** Counts a model call in advance, so that hanging calls count too. Throws BudgetExhausted. */
  takeCall(thread: string): void {
    this.#store.change(() => {
      const own = this.#spent(`thread ${thread}`);
      const { callsPerThreadMax, tokensPerThreadMax, callsPerDayMax, tokensPerDayMax } =
        this.#limits;
      if (own.calls >= callsPerThreadMax || own.tokens >= tokensPerThreadMax) {
        throw new BudgetExhausted(`thread ${thread}`);
      }
      const day = `day ${this.#today()}`;
      const daily = this.#spent(day);
      if (daily.calls >= callsPerDayMax || daily.tokens >= tokensPerDayMax) {
        throw new BudgetExhausted(day);
      }
      this.#add(`thread ${thread}`, 1, 0);
      this.#add(day, 1, 0);
    });
  }

  /** Counts a call's tokens. */
  addTokens(thread: string, tokens: number): void {
    this.#store.change(() => {
      this.#add(`thread ${thread}`, 0, tokens);
      this.#add(`day ${this.#today()}`, 0, tokens);
    });
  }

  #spent(scope: string): { calls: number; tokens: number } {
    const row = this.#store.db.prepare("SELECT calls, tokens FROM spent WHERE scope = ?").get(
      scope,
    );
    return { calls: Number(row?.["calls"] ?? 0), tokens: Number(row?.["tokens"] ?? 0) };
  }

  #add(scope: string, calls: number, tokens: number): void {
    this.#store.db.prepare(
      `INSERT INTO spent VALUES (?1, ?2, ?3) ON CONFLICT (scope) DO UPDATE
       SET calls = calls + ?2, tokens = tokens + ?3`,
    ).run(scope, calls, tokens);
  }
}
