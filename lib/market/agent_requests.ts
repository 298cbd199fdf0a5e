import type { FireAction } from "./fire_action.ts";
import { escapeToken } from "./subject.ts";

/** Request subject of an environment's agents. */
export function agentsSubject(env: string): string {
  // Outside the stream; otherwise JetStream would reply instead of the agents.
  return `_ssmd.${escapeToken(env)}.agents`;
}

/** Market of an action. */
export interface ActionMarket {
  feed: string;
  symbol: string;
}

/** Requests to agents. */
export type AgentsRequest =
  | { action: "create"; words: string; client: string }
  | { action: "answer"; thread: string; text: string }
  | { action: "show"; thread: string }
  | { action: "test"; signal: string }
  | { action: "waiting" }
  /**
   * Actions, newest first; those after the action `after`, "" = from the newest on. With `markets`
   * only those of these markets.
   */
  | {
    action: "actions";
    signal: string;
    after: string;
    limit: number;
    markets?: readonly ActionMarket[] | undefined;
  }
  /** Markets that have actions. */
  | { action: "markets"; signal: string }
  | {
    action: "decide";
    thread: string;
    decision: "approve" | "reject";
    hash: string;
    client: string;
  };

/** An agent's thread that turns a request in words into a committed signal. */
export interface AgentThread {
  thread: string;
  state: "running" | "question" | "approval" | "ended";
  /** Its question, what awaits approval, or how it ended. */
  detail: string;
  /** Model name; a scripted one is named as such. */
  model: string;
  signal: string | null;
  source: string | null;
  /** SHA-256 of exactly what was tested; an approval refers to it. */
  hash: string | null;
  checks: readonly string[];
}

/** Result of checking a signal. */
export interface SignalTest {
  signal: string;
  ok: boolean;
  steps: readonly { name: string; result: string; detail: string }[];
  findings: readonly { line: number; column: number; message: string; hint: string }[];
  fires: number;
  records: number;
}

/** Replies of agents. */
export type AgentsDone =
  | { ok: true; thread: AgentThread }
  | { ok: true; test: SignalTest }
  | { ok: true; actions: readonly FireAction[] }
  | { ok: true; markets: readonly ActionMarket[] }
  | { ok: true; waiting: { threads: readonly AgentThread[]; actions: readonly FireAction[] } };
