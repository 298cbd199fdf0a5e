import type { OpenedAgents } from "@ssmd/agents";
import { ACTION_STATES, type FireAction } from "@ssmd/market";
import { z } from "zod";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { text } from "../command/flag.ts";
import { principal, withAgents } from "./with_agent.ts";

/** Action of a policy on a fire, as printed. */
export const ACTION = z.object({
  id: z.string(),
  fire: z.string(),
  signal: z.string(),
  feed: z.string(),
  symbol: z.string(),
  policy: z.string(),
  action: z.string().describe("Name of the action in the policy; none = no action"),
  type: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  state: z.enum(ACTION_STATES),
  chosen_by: z.enum(["model", "default", ""]),
  model: z.string().describe("Model; a scripted one is marked as such"),
  reason: z.string(),
  problem: z.string(),
  hash: z.string().describe("Hash of exactly what waits for an approval"),
  decided_by: z.string(),
  at: z.number().describe("Time when the fire was received, ms"),
  ended_at: z.number().describe("End time, ms; 0 = not ended"),
});

/** Action id argument. */
export const ACTION_ID = text("Action id, as in ssmd action list", {
  placeholder: "action",
  required: true,
});

/** Approves or rejects a waiting action; the process that handles fires then continues it. */
export function decideAction(
  context: SsmdContext,
  flags: { env: string; data?: string },
  { id, decision }: { id: string; decision: "approve" | "reject" },
): Promise<FireAction> {
  return withAgents(context, flags, ({ actions, approvals }) => {
    const { hash } = actionOf(actions, id);
    approvals.decide(id, { decision, hash, principal: principal() });
    return actionOf(actions, id);
  });
}

/** Finds an action by id. Throws UsageError `ACTION_UNKNOWN`. */
export function actionOf(actions: OpenedAgents["actions"], id: string): FireAction {
  const found = actions.find(id);
  if (found !== undefined) return found.result;
  throw new UsageError("ACTION_UNKNOWN", `There is no action "${id}"`, {
    hint: "ssmd action list",
  });
}
