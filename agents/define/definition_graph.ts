import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { messageOf, SsmdError } from "@ssmd/runtime";
import type { z } from "zod";
import { askModel } from "../ask_model.ts";
import { type AgentAudit, sha256 } from "../audit.ts";
import { type Budget, BudgetExhausted } from "../budget.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { AgentStore } from "../agent_store.ts";
import type { Model } from "../model/model.ts";
import type { Approvals } from "../approvals.ts";
import { commitSignal } from "./commit_signal.ts";
import type { BacktestReport, Gate, GateReport } from "./gate.ts";
import { untrusted } from "../untrusted.ts";
import { claimSignalName, usedSignalNames } from "./signal_names.ts";
import { SIGNAL_RULES } from "./signal_rules.ts";
import { SIGNAL_DRAFT, type SignalDraft, UNDERSTANDING } from "./signal_draft.ts";
import { type SignalSources, signalSources } from "./signal_template.ts";

/** Result of a thread. */
export type DefinitionEnd =
  | { kind: "committed"; branch: string; commit: string }
  | { kind: "rejected"; by: string }
  | { kind: "gate_failed"; problems: string[] }
  | { kind: "budget_exhausted"; why: string }
  | { kind: "model_failed"; why: string };

const State = Annotation.Root({
  words: Annotation<string>,
  requestedBy: Annotation<string>,
  summary: Annotation<string>,
  draft: Annotation<SignalDraft | null>,
  problems: Annotation<string[]>,
  drafts: Annotation<number>,
  report: Annotation<GateReport | null>,
  tested: Annotation<BacktestReport | null>,
  approved: Annotation<string>,
  ending: Annotation<DefinitionEnd | null>,
});

type Values = typeof State.State;

/** A thread's question to a person. */
export type Question =
  | { kind: "question"; text: string }
  | { kind: "approval"; hash: string; id: string; summary: string };

/** Dependencies of the graph. */
export interface DefinitionTools {
  store: AgentStore;
  model: Model;
  budget: Budget;
  audit: AgentAudit;
  approvals: Approvals;
  gate: Gate;
  /** Project folder, in whose repository signals are committed. */
  project: string;
  /** Folder of temporary files; absent: the system's. */
  workDir?: string;
  checkpointer: BaseCheckpointSaver;
}

/** Builds the graph from words to a commit: understand, write, check, measure, approve, commit. */
export function definitionGraph(tools: DefinitionTools) {
  const ended = ({ ending }: Values, next: string) => ending === null ? next : END;
  const node =
    (body: (tools: DefinitionTools, values: Values, thread: string) => Promise<Partial<Values>>) =>
    async (
      values: Values,
      { configurable }: { configurable?: Record<string, unknown> },
    ): Promise<Partial<Values>> => {
      const thread = String(configurable?.["thread_id"]);
      try {
        tools.budget.takeStep(thread);
      } catch (error) {
        return endOf(error);
      }
      return await body(tools, values, thread);
    };
  return new StateGraph(State)
    .setNodeDefaults({ timeout: AGENT_LIMITS.nodeMs })
    .addNode("understand", node(understand))
    .addNode("write", node(write))
    .addNode("check", node(check))
    .addNode("measure", node(measure))
    .addNode("approve", node(approve))
    .addNode("commit", node(commit))
    .addEdge(START, "understand")
    .addConditionalEdges("understand", (values) => ended(values, "write"), ["write", END])
    .addConditionalEdges("write", (values) => ended(values, "check"), ["check", END])
    .addConditionalEdges(
      "check",
      (values) => ended(values, values.report?.ok ? "measure" : "write"),
      ["measure", "write", END],
    )
    .addConditionalEdges("measure", (values) => ended(values, "approve"), ["approve", END])
    .addConditionalEdges("approve", (values) => ended(values, "commit"), ["commit", END])
    .addEdge("commit", END)
    .compile({ checkpointer: tools.checkpointer });
}

/** A graph of {@linkcode definitionGraph}. */
export type DefinitionGraph = ReturnType<typeof definitionGraph>;

/** Returns the initial state of a thread. */
export function firstState(words: string, requestedBy: string): Values {
  return {
    ...{ words, requestedBy, summary: "", draft: null, problems: [], drafts: 0 },
    ...{ report: null, tested: null, approved: "", ending: null },
  };
}

/** Returns the SHA-256 of exactly what was tested and its result. */
export function testedHash(sources: SignalSources, tested: BacktestReport | null): string {
  return sha256(JSON.stringify([sources.id, sources.source, sources.test, tested?.sha256 ?? ""]));
}

/** Converts a model or budget failure to a thread's end; rethrows other errors. */
function endOf(error: unknown): Pick<Values, "ending"> {
  if (error instanceof BudgetExhausted) {
    return { ending: { kind: "budget_exhausted", why: messageOf(error) } };
  }
  if (error instanceof SsmdError && error.code === "MODEL_UNAVAILABLE") {
    return { ending: { kind: "model_failed", why: messageOf(error) } };
  }
  throw error;
}

async function understand(
  tools: DefinitionTools,
  { words }: Values,
  thread: string,
): Promise<Partial<Values>> {
  const user = `What does this request mean? ${untrusted(words)}`;
  let understanding: z.output<typeof UNDERSTANDING>;
  try {
    const asked = await askModel(tools, thread, {
      system: SIGNAL_RULES,
      task: "understanding",
      schema: UNDERSTANDING,
      user,
    });
    if ("problem" in asked) return { ending: { kind: "model_failed", why: asked.problem } };
    understanding = asked.value;
  } catch (error) {
    return endOf(error);
  }
  const { summary, question } = understanding;
  if (question === null) return { summary };
  const answer = interrupt<Question, string>({ kind: "question", text: question });
  return { summary: answer, words: `${words}\n${answer}` };
}

async function write(
  tools: DefinitionTools,
  { words, summary, draft, problems, drafts }: Values,
  thread: string,
): Promise<Partial<Values>> {
  if (drafts >= AGENT_LIMITS.draftsMax) return { ending: { kind: "gate_failed", problems } };
  const before = draft === null ? "" : `\nYour draft was: ${JSON.stringify(draft)}`;
  const wrong = problems.length === 0
    ? ""
    : `\nIt was refused, word for word:\n${problems.join("\n")}`;
  const user = `Fill the template for: ${untrusted(words)}\nUnderstood as: ${
    untrusted(summary)
  }${before}${wrong}`;
  try {
    const asked = await askModel(tools, thread, {
      system: SIGNAL_RULES,
      task: "signal_draft",
      schema: SIGNAL_DRAFT,
      user,
    });
    if ("problem" in asked) {
      return { drafts: drafts + 1, draft: null, problems: [asked.problem] };
    }
    const used = await usedSignalNames(tools.project);
    const id = claimSignalName(tools.store, thread, { wanted: asked.value.id, used });
    return { drafts: drafts + 1, draft: { ...asked.value, id }, problems: [] };
  } catch (error) {
    return endOf(error);
  }
}

async function check(
  { gate, audit }: DefinitionTools,
  { draft, problems }: Values,
  thread: string,
): Promise<Partial<Values>> {
  if (draft === null) return { report: { ok: false, problems, steps: [], fires: 0 } };
  const sources = signalSources(draft);
  const report = await gate.check(sources);
  const { ok, steps, fires } = report;
  await audit.add(thread, "gate", { source_sha256: sha256(sources.source), ok, steps, fires });
  return { report, problems: report.problems };
}

async function measure(
  { gate, audit }: DefinitionTools,
  { draft }: Values,
  thread: string,
): Promise<Partial<Values>> {
  const tested = await gate.backtest(signalSources(draftOf(draft)));
  await audit.add(thread, "backtest", {
    fires: tested?.fires ?? null,
    sha256: tested?.sha256 ?? null,
  });
  return { tested };
}

async function approve(
  { approvals, audit }: DefinitionTools,
  { draft, tested, requestedBy, summary }: Values,
  thread: string,
): Promise<Partial<Values>> {
  const sources = signalSources(draftOf(draft));
  const hash = testedHash(sources, tested);
  approvals.ask(thread, { hash, principal: requestedBy, withinMs: AGENT_LIMITS.approvalMs });
  // Resuming proves nothing: the decision is read from the database.
  interrupt<Question, unknown>({ kind: "approval", hash, id: sources.id, summary });
  const decided = approvals.decided(thread, hash);
  if (decided === undefined) {
    throw new SsmdError("APPROVAL_MISSING", "Exactly this was not approved", {
      hint: `ssmd agent approve ${thread}`,
    });
  }
  await audit.add(thread, "approval", { hash, ...decided });
  return decided.decision === "approve"
    ? { approved: hash }
    : { ending: { kind: "rejected", by: decided.by } };
}

async function commit(
  { approvals, audit, model, project, workDir }: DefinitionTools,
  { draft, tested, approved }: Values,
  thread: string,
): Promise<Partial<Values>> {
  const sources = signalSources(draftOf(draft));
  const hash = testedHash(sources, tested);
  const decided = approvals.decided(thread, hash);
  if (hash !== approved || decided?.decision !== "approve") {
    throw new SsmdError("APPROVAL_OTHER_HASH", "What was approved is not what would be committed", {
      hint: "Define the signal again",
    });
  }
  const { id, source, test } = sources;
  const branch = `signal/${id}`;
  const made = await commitSignal({
    ...{ project, branch, subject: `signals: ${id}` },
    ...(workDir === undefined ? {} : { workDir }),
    files: { [`signals/${id}.ts`]: source, [`signals/${id}_test.ts`]: test },
    trailers: {
      "Agent-Thread": thread,
      "Agent-Model": model.name,
      "Source-Hash": sha256(source),
      "Backtest-Hash": tested?.sha256 ?? "none",
      "Approved-Hash": hash,
      "Approved-By": decided.by,
    },
  });
  await audit.add(thread, "commit", { branch, commit: made, hash });
  return { ending: { kind: "committed", branch, commit: made } };
}

function draftOf(draft: SignalDraft | null): SignalDraft {
  if (draft !== null) return draft;
  throw new SsmdError("DRAFT_MISSING", "There is no draft", { hint: "Define the signal again" });
}
