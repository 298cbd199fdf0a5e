import type { FireAction } from "./fire_action.ts";
import { escapeToken } from "./subject.ts";

/** Subject on which the agents of an environment are asked. */
export function agentsSubject(env: string): string {
  // Outside of the stream: JetStream would answer in place of the agents.
  return `_ssmd.${escapeToken(env)}.agents`;
}

/** What agents are asked. */
export type AgentsRequest =
  | { action: "create"; words: string; client: string }
  | { action: "answer"; thread: string; text: string }
  | { action: "show"; thread: string }
  | { action: "test"; signal: string }
  | { action: "waiting" }
  | { action: "actions"; signal: string; limit: number }
  | {
    action: "decide";
    thread: string;
    decision: "approve" | "reject";
    hash: string;
    client: string;
  };

/** A thread of an agent: a signal on its way from words to a commit. */
export interface AgentThread {
  thread: string;
  state: "running" | "question" | "approval" | "ended";
  /** What it asks, what waits for an approval, or how it ended. */
  detail: string;
  /** The model; a scripted one says so. */
  model: string;
  signal: string | null;
  source: string | null;
  /** SHA-256 of exactly what was tested; an approval names it. */
  hash: string | null;
  checks: readonly string[];
}

/** What a check of a signal says. */
export interface SignalTest {
  signal: string;
  ok: boolean;
  steps: readonly { name: string; result: string; detail: string }[];
  findings: readonly { line: number; column: number; message: string; hint: string }[];
  fires: number;
  records: number;
}

/** What agents answer. */
export type AgentsAnswer =
  | { ok: true; thread: AgentThread }
  | { ok: true; test: SignalTest }
  | { ok: true; actions: readonly FireAction[] }
  | { ok: true; waiting: { threads: readonly AgentThread[]; actions: readonly FireAction[] } }
  | { ok: false; code: string; message: string; hint: string };
