import { Command } from "@langchain/langgraph";
import { isoOfUs, nowUs, SsmdError } from "@ssmd/runtime";
import type { AgentStore } from "../agent_store.ts";
import { type AuditEntry, sha256 } from "../audit.ts";
import type { Decision } from "../approvals.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { withLease } from "../thread_lease.ts";
import {
  type DefinitionEnd,
  type DefinitionGraph,
  definitionGraph,
  type DefinitionTools,
  firstState,
  type Question,
  testedHash,
} from "./definition_graph.ts";
import { type SignalSources, signalSources } from "./signal_template.ts";

/** What a thread does now. */
type ThreadState = "running" | "question" | "approval" | "ended";

/** A thread as it is listed. */
export interface Thread {
  id: string;
  words: string;
  requestedBy: string;
  model: string;
  state: ThreadState;
  /** The question, the signal to be approved, or how it ended. */
  detail: string;
  createdAt: string;
  updatedAt: string;
}

/** A thread with what would be approved. */
export interface ThreadDetails extends Thread {
  /** Of exactly what was tested; null = nothing waits for an approval. */
  hash: string | null;
  sources: SignalSources | null;
  steps: string[];
  backtest: { fires: number; records: number } | null;
  ending: DefinitionEnd | null;
  audit: AuditEntry[];
}

/** Runs definition threads: each by one process at a time, each to its next question or its end. */
export class DefinitionAgent {
  #store: AgentStore;
  #tools: DefinitionTools;
  #graph: DefinitionGraph;

  constructor(store: AgentStore, tools: DefinitionTools) {
    this.#store = store;
    this.#tools = tools;
    this.#graph = definitionGraph(tools);
  }

  /** Begins a thread and runs it to its first question. Throws as {@linkcode begin}. */
  async define(words: string, requestedBy: string): Promise<ThreadDetails> {
    return await this.begin(words, requestedBy).done;
  }

  /**
   * Begins a thread; `done` resolves at its first question. `client` = for whom it was asked, where that
   * is not who approves. Throws SsmdError `REQUEST_INVALID`.
   */
  begin(
    words: string,
    requestedBy: string,
    client = "",
  ): { id: string; done: Promise<ThreadDetails> } {
    if (words.trim() === "" || words.length > AGENT_LIMITS.wordsCharactersMax) {
      throw new SsmdError("REQUEST_INVALID", "The request is empty or too long", {
        hint: `Say in at most ${AGENT_LIMITS.wordsCharactersMax} characters when a signal fires`,
      });
    }
    const id = `d-${crypto.randomUUID().slice(0, 8)}`;
    const at = isoOfUs(nowUs());
    this.#store.db.prepare("INSERT INTO threads VALUES (?, 'define', ?, ?, ?, 'running', '', ?, ?)")
      .run(id, words, requestedBy, this.#tools.model.name, at, at);
    const begun = this.#tools.audit.add(id, "request", {
      ...{ words_sha256: sha256(words), requested_by: requestedBy, client },
    });
    return { id, done: begun.then(() => this.#run(id, firstState(words, requestedBy))) };
  }

  /** Answers a question of a thread. Throws SsmdError `QUESTION_NOT_ASKED`. */
  async answer(id: string, text: string): Promise<ThreadDetails> {
    if (this.#thread(id).state !== "question") {
      throw new SsmdError("QUESTION_NOT_ASKED", `Thread ${id} asks nothing`, {
        hint: "ssmd agent list",
      });
    }
    return await this.#run(id, new Command({ resume: text }));
  }

  /**
   * Decides on exactly what has this hash, and goes on. Throws as Approvals does; of two at once one
   * gets `APPROVAL_NOT_PENDING` or `THREAD_BUSY`.
   */
  async decide(
    id: string,
    decision: Decision,
  ): Promise<ThreadDetails> {
    this.#thread(id);
    this.#tools.approvals.decide(id, decision);
    return await this.#run(id, new Command({ resume: decision.decision }));
  }

  /** Goes on with a thread whose process ended; one that waits or ended stays as it is. */
  async resume(id: string): Promise<ThreadDetails> {
    const { next, tasks } = await this.#graph.getState(configOf(id));
    const waits = tasks.some(({ interrupts }) => interrupts.length > 0);
    const { hash, words, requestedBy } = await this.show(id);
    if (next.length === 0) {
      // Killed before its first checkpoint.
      return this.#thread(id).state === "running" && words !== ""
        ? await this.#run(id, firstState(words, requestedBy))
        : await this.show(id);
    }
    const isDecided = hash !== null && this.#tools.approvals.decided(id, hash) !== undefined;
    if (waits && isDecided) return await this.#run(id, new Command({ resume: "decided" }));
    return waits ? await this.show(id) : await this.#run(id, null);
  }

  /** Threads, the newest first. */
  list(): Thread[] {
    return this.#store.db.prepare(
      "SELECT * FROM threads WHERE kind = 'define' ORDER BY created_at DESC LIMIT 200",
    ).all().map(threadOf);
  }

  /** A thread with what it has made. Throws SsmdError `THREAD_UNKNOWN`. */
  async show(id: string): Promise<ThreadDetails> {
    const thread = this.#thread(id);
    const { values } = await this.#graph.getState(configOf(id));
    const { draft = null, tested = null, report = null, ending = null } = values ?? {};
    const sources = draft === null ? null : signalSources(draft);
    const isTested = sources !== null && report?.ok === true;
    return {
      ...thread,
      ...{ sources, ending, hash: isTested ? testedHash(sources, tested) : null },
      steps: report?.steps ?? [],
      backtest: tested === null ? null : { fires: tested.fires, records: tested.records },
      audit: this.#tools.audit.ofThread(id),
    };
  }

  async #run(
    id: string,
    input: Parameters<DefinitionGraph["invoke"]>[0],
  ): Promise<ThreadDetails> {
    await withLease(this.#store, id, async () => {
      await this.#graph.invoke(input, {
        ...configOf(id),
        ...{ durability: "sync", recursionLimit: AGENT_LIMITS.stepsMax },
      });
      await this.#note(id);
    });
    return await this.show(id);
  }

  /** Notes what the thread does now. */
  async #note(id: string): Promise<void> {
    const { values, tasks } = await this.#graph.getState(configOf(id));
    const question = tasks.flatMap(({ interrupts }) => interrupts)[0]?.value as
      | Question
      | undefined;
    const ending = values.ending;
    const state: ThreadState = question === undefined ? "ended" : question.kind;
    const detail = question?.kind === "question"
      ? question.text
      : question?.kind === "approval"
      ? `${question.id}: ${question.summary}`
      : endText(ending);
    this.#store.db.prepare("UPDATE threads SET state = ?, detail = ?, updated_at = ? WHERE id = ?")
      .run(state, detail, isoOfUs(nowUs()), id);
    if (state === "ended") {
      await this.#tools.audit.add(id, "end", { end: ending?.kind ?? "none", detail });
    }
  }

  #thread(id: string): Thread {
    const row = this.#store.db.prepare("SELECT * FROM threads WHERE id = ?").get(id);
    if (row !== undefined) return threadOf(row);
    throw new SsmdError("THREAD_UNKNOWN", `There is no thread "${id}"`, {
      hint: "ssmd agent list",
    });
  }
}

function configOf(id: string) {
  return { configurable: { thread_id: id } };
}

function endText(ending: DefinitionEnd | null): string {
  if (ending === null) return "";
  switch (ending.kind) {
    case "committed":
      return `committed on ${ending.branch}`;
    case "rejected":
      return `rejected by ${ending.by}`;
    case "gate_failed":
      return `given up: ${ending.problems[0] ?? "no draft fits"}`;
    default:
      return `${ending.kind}: ${ending.why}`;
  }
}

function threadOf(row: Record<string, unknown>): Thread {
  return {
    id: String(row["id"]),
    words: String(row["words"]),
    requestedBy: String(row["requested_by"]),
    model: String(row["model"]),
    state: String(row["state"]) as ThreadState,
    detail: String(row["detail"]),
    createdAt: String(row["created_at"]),
    updatedAt: String(row["updated_at"]),
  };
}
