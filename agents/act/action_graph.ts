import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Fire } from "@ssmd/market";
import { NO_ACTION, type Policy } from "@ssmd/metadata";
import { messageOf, SsmdError } from "@ssmd/runtime";
import type { Approvals, Refusal } from "../approvals.ts";
import { askModel } from "../ask_model.ts";
import { type AgentAudit, sha256 } from "../audit.ts";
import { type Budget, BudgetExhausted } from "../budget.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Model } from "../model/model.ts";
import { type ActionStore, type Choice, isLate } from "./action_store.ts";
import type { NoteCall } from "./fire_context.ts";
import {
  ACTION_RULES,
  decisionQuestion,
  decisionSchema,
  type FireContext,
  INTERPRETATION,
  type Interpretation,
  interpretationQuestion,
} from "./decision.ts";

const State = Annotation.Root({
  fire: Annotation<Fire>,
  context: Annotation<FireContext | null>,
  interpretation: Annotation<Interpretation | null>,
  choice: Annotation<Choice | null>,
});

type Values = typeof State.State;

/** Dependencies of the graph. */
export interface ActionTools {
  /** Undefined without a model: the policy's default applies. */
  model: Model | undefined;
  budget: Budget;
  audit: AgentAudit;
  approvals: Approvals;
  actions: ActionStore;
  /** Principal of approvals: the user running the process. */
  principal: string;
  /** Reads the context of a fire. */
  contextOf: (fire: Fire, note: NoteCall) => Promise<FireContext>;
  checkpointer: BaseCheckpointSaver;
}

/** A node's inputs besides its state. */
interface Run {
  tools: ActionTools;
  thread: string;
  policy: Policy;
}

/** Builds the graph from a fire to a queued action: look, interpret, decide, approve. */
export function actionGraph(tools: ActionTools, policyOf: (name: string) => Policy) {
  const node = (body: (run: Run, values: Values) => Promise<Partial<Values>>) =>
  (
    values: Values,
    { configurable }: { configurable?: Record<string, unknown> },
  ) => {
    const thread = String(configurable?.["thread_id"]);
    const policy = policyOf(String(configurable?.["policy"]));
    return body({ tools, thread, policy }, values);
  };
  const chosen = (next: "interpret" | "decide") => ({ choice }: Values) =>
    choice === null ? next : "approve";
  return new StateGraph(State)
    .addNode("look", node(readContext), { timeout: AGENT_LIMITS.webhookMs * 3 })
    .addNode("interpret", node(interpret), { timeout: AGENT_LIMITS.modelMs * 5 })
    .addNode("decide", node(decide), { timeout: AGENT_LIMITS.modelMs * 5 })
    .addNode("approve", node(approve), { timeout: AGENT_LIMITS.webhookMs * 3 })
    .addEdge(START, "look")
    .addConditionalEdges("look", chosen("interpret"), ["interpret", "approve"])
    .addConditionalEdges("interpret", chosen("decide"), ["decide", "approve"])
    .addEdge("decide", "approve")
    .addEdge("approve", END)
    .compile({ checkpointer: tools.checkpointer });
}

/** A graph of {@linkcode actionGraph}. */
export type ActionGraph = ReturnType<typeof actionGraph>;

/** Returns the initial state of a fire. */
export function firstState(fire: Fire): Values {
  return { fire, context: null, interpretation: null, choice: null };
}

/** Returns the policy's default action, used whenever the model fails. */
export function defaultChoice(policy: Policy, reason: string): Choice {
  return { action: policy.default, by: "default", reason };
}

/** Runs a node that asks the model; chooses the policy's default without an answer. */
async function orDefault(
  { tools: { model, budget }, thread, policy }: Run,
  body: (model: Model) => Promise<Partial<Values>>,
): Promise<Partial<Values>> {
  if (model === undefined) return { choice: defaultChoice(policy, "no model is named") };
  try {
    budget.takeStep(thread);
    return await body(model);
  } catch (error) {
    const isKnown = error instanceof BudgetExhausted ||
      error instanceof SsmdError && error.code === "MODEL_UNAVAILABLE";
    if (!isKnown) throw error;
    const kind = error instanceof BudgetExhausted ? "budget_exhausted" : "model_failed";
    return { choice: defaultChoice(policy, `${kind}: ${messageOf(error)}`) };
  }
}

async function readContext(run: Run, { fire }: Values): Promise<Partial<Values>> {
  const { tools: { audit, contextOf }, thread, policy } = run;
  if (isLate(fire, policy)) return { choice: defaultChoice(policy, "the fire is too old") };
  return await orDefault(run, async () => {
    const context = await contextOf(fire, async (tool, args, answer) => {
      await audit.add(thread, "tool_call", {
        ...{ tool, fire: fire.id, args_sha256: sha256(JSON.stringify(args)) },
        answer_sha256: sha256(JSON.stringify(answer)),
      });
    });
    return { context };
  });
}

async function interpret(run: Run, { fire, context }: Values): Promise<Partial<Values>> {
  const { tools, thread, policy } = run;
  return await orDefault(run, async (model) => {
    const asked = await askModel({ ...tools, model }, thread, {
      ...{ task: "interpretation", schema: INTERPRETATION, system: ACTION_RULES },
      user: interpretationQuestion(fire, context ?? { earlierFires: [], trades: [], texts: [] }),
    });
    return "problem" in asked
      ? { choice: defaultChoice(policy, `the model answers no interpretation: ${asked.problem}`) }
      : { interpretation: asked.value };
  });
}

async function decide(run: Run, { fire, interpretation }: Values): Promise<Partial<Values>> {
  const { tools, thread, policy } = run;
  if (interpretation === null) return { choice: defaultChoice(policy, "nothing was understood") };
  return await orDefault(run, async (model) => {
    const asked = await askModel({ ...tools, model }, thread, {
      ...{ task: "decision", schema: decisionSchema(policy), system: ACTION_RULES },
      user: decisionQuestion(fire, policy, interpretation),
    });
    return {
      choice: "problem" in asked
        ? defaultChoice(policy, `the model answers what the policy does not know: ${asked.problem}`)
        : { by: "model", action: asked.value.action, reason: asked.value.reason },
    };
  });
}

/** Returns the SHA-256 of exactly what would be done. */
function actionHash(fire: Fire, policy: Policy, action: string): string {
  return sha256(JSON.stringify([fire, policy.name, action, policy.actions[action] ?? null]));
}

/** Queues the choice, after a person's approval if the policy requires it. */
async function approve(run: Run, values: Values): Promise<Partial<Values>> {
  const { fire, choice: picked } = values;
  const { tools: { approvals, actions, audit, principal }, thread, policy } = run;
  // Before the policy is asked, which may have changed: what a person refused is over.
  const refused = approvals.refusal(thread);
  if (refused !== undefined) return await endRefused(run, refused, values);
  // A model may take long, and a process be away for days. Who was asked has a time of their own.
  if (isLate(fire, policy) && actions.find(thread)?.stage === "open") {
    actions.sent(thread, { state: "late" });
    return {};
  }
  // Choices that the policy no longer has are not done.
  const choice =
    picked !== null && (picked.action === NO_ACTION || Object.hasOwn(policy.actions, picked.action))
      ? picked
      : defaultChoice(policy, "the policy does not know what was picked");
  const hash = actionHash(fire, policy, choice.action);
  const withinMs = policy.actions[choice.action]?.approve;
  if (withinMs === undefined) {
    await noteDecision(run, { fire, choice, hash });
    actions.queue(thread, { policy, choice });
    return { choice };
  }
  approvals.ask(thread, { hash, principal, withinMs });
  const decided = approvals.decided(thread, hash);
  if (decided === undefined) {
    actions.wait(thread, { policy, choice }, hash);
    // Resuming proves nothing: the decision is read from the database.
    interrupt({ kind: "approval", hash });
    throw new SsmdError("APPROVAL_MISSING", "Exactly this was not approved", {
      hint: "ssmd action list",
    });
  }
  const { decision, by } = decided;
  await audit.add(thread, "approval", { hash, decision, by });
  await noteDecision(run, { fire, choice, hash });
  actions.queue(thread, { policy, choice }, { decided_by: by });
  return { choice };
}

/** Ends an action as a person left it. */
async function endRefused(
  run: Run,
  { state, hash, by }: Refusal,
  { fire, choice }: Values,
): Promise<Partial<Values>> {
  const { tools: { actions, audit }, thread } = run;
  const decision = state === "rejected" ? "reject" : "expired";
  await audit.add(thread, "approval", { hash, decision, by });
  if (choice !== null) await noteDecision(run, { fire, choice, hash });
  actions.sent(thread, { state, decided_by: by, hash: "" });
  return { choice };
}

async function noteDecision(
  { tools: { audit }, thread }: Run,
  { fire, choice, hash }: { fire: Fire; choice: Choice; hash: string },
): Promise<void> {
  const { action, by, reason } = choice;
  await audit.add(thread, "decision", {
    ...{ fire: fire.id, action, by, hash, reason: reason.slice(0, 300) },
  });
}
