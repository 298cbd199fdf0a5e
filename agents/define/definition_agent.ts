import { Command, GraphDrained, RunControl } from "@langchain/langgraph";
import { isoOfUs, nowUs, sleep, SsmdError } from "@ssmd/runtime";
import type { AgentStore } from "../agent_store.ts";
import { type AuditEntry, sha256 } from "../audit.ts";
import type { Decision } from "../approvals.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { isLeased, withLease } from "../thread_lease.ts";
import {
  type DefinitionEnd,
  type DefinitionGraph,
  definitionGraph,
  type DefinitionTools,
  firstState,
  type Question,
  testedHash,
} from "./definition_graph.ts";
import { committedText, openThreadOf, usedSignalNames } from "./signal_names.ts";
import { type SignalSources, signalSources } from "./signal_template.ts";

/** State of a thread. */
type ThreadState = "running" | "question" | "approval" | "ended";

/** A listed thread. */
export interface Thread {
  id: string;
  words: string;
  requestedBy: string;
  model: string;
  state: ThreadState;
  /** The question, the signal to approve, or the result. */
  detail: string;
  createdAt: string;
  updatedAt: string;
}

/** A thread with what would be approved. */
export interface ThreadDetails extends Thread {
  /** Hash of exactly what was tested; null when nothing can be approved. */
  hash: string | null;
  sources: SignalSources | null;
  steps: string[];
  backtest: { fires: number; records: number } | null;
  ending: DefinitionEnd | null;
  audit: AuditEntry[];
}

type Input = Parameters<DefinitionGraph["invoke"]>[0];

/** Runs definition threads, each in one process at a time, up to its next question or end. */
export class DefinitionAgent {
  #store: AgentStore;
  #tools: DefinitionTools;
  #graph: DefinitionGraph;
  #closing = new AbortController();
  #ended = new AbortController();
  #controls = new Set<RunControl>();
  #runs = new Set<Promise<ThreadDetails>>();

  constructor(tools: DefinitionTools) {
    this.#store = tools.store;
    this.#tools = tools;
    this.#graph = definitionGraph(tools);
  }

  /** Starts a thread and runs it to its first question. Throws as {@linkcode begin}. */
  async define(words: string, requestedBy: string): Promise<ThreadDetails> {
    return await (await this.begin(words, requestedBy)).done;
  }

  /**
   * Starts a thread; `done` resolves at its first question. `client` is the requester, if not the
   * approver. Returns the open thread of equal words. Throws SsmdError `REQUEST_INVALID`, and
   * `THREAD_EXISTS` for words that became a signal, without asking a model.
   */
  async begin(
    words: string,
    requestedBy: string,
    client = "",
  ): Promise<{ id: string; done: Promise<ThreadDetails> }> {
    if (words.trim() === "" || words.length > AGENT_LIMITS.wordsCharactersMax) {
      throw new SsmdError("REQUEST_INVALID", "The request is empty or too long", {
        hint: `Say in at most ${AGENT_LIMITS.wordsCharactersMax} characters when a signal fires`,
      });
    }
    const used = await usedSignalNames(this.#tools.project);
    const id = `d-${crypto.randomUUID().slice(0, 8)}`;
    const at = isoOfUs(nowUs());
    const known = this.#store.change((db) => {
      const open = openThreadOf(this.#tools, words, used);
      if (open !== undefined) return open;
      db.prepare("INSERT INTO threads VALUES (?, 'define', ?, ?, ?, 'running', '', ?, ?)")
        .run(id, words, requestedBy, this.#tools.model.name, at, at);
    });
    if (known !== undefined) return { id: known, done: this.resume(known) };
    const begun = this.#tools.audit.add(id, "request", {
      ...{ words_sha256: sha256(words), requested_by: requestedBy, client },
    });
    return { id, done: begun.then(() => this.resume(id)) };
  }

  /** Answers a thread's question. Throws SsmdError `QUESTION_NOT_ASKED`. */
  async answer(id: string, text: string): Promise<ThreadDetails> {
    this.#thread(id);
    return await this.#run(id, () => {
      if (this.#thread(id).state === "question") return new Command({ resume: text });
      throw new SsmdError("QUESTION_NOT_ASKED", `Thread ${id} asks nothing`, {
        hint: "ssmd agent list",
      });
    });
  }

  /**
   * Decides on exactly this hash, and continues. Throws as `Approvals.decide`; of two concurrent
   * calls one gets `APPROVAL_NOT_PENDING` or `THREAD_BUSY`.
   */
  async decide(id: string, decision: Decision): Promise<ThreadDetails> {
    this.#thread(id);
    this.#tools.approvals.decide(id, decision);
    return await this.#run(id, () => new Command({ resume: decision.decision }));
  }

  /** Resumes a thread of a dead process; busy, waiting and ended threads are left alone. */
  async resume(id: string): Promise<ThreadDetails> {
    this.#thread(id);
    try {
      return await this.#run(id, () => this.#inputOf(id));
    } catch (error) {
      if (error instanceof SsmdError && error.code === "THREAD_BUSY") return await this.show(id);
      throw error;
    }
  }

  /** Returns the input to resume a thread with; undefined when it waits or has ended. */
  async #inputOf(id: string): Promise<Input | undefined> {
    const { tasks, values } = await this.#graph.getState(configOf(id));
    const waits = tasks.some(({ interrupts }) => interrupts.length > 0);
    const { hash, words, requestedBy } = await this.show(id);
    // A finished node without checkpoint appears in `tasks`, not in `next`.
    if (tasks.length === 0) {
      const isBegun = values?.words !== undefined;
      return isBegun || words === "" ? undefined : firstState(words, requestedBy);
    }
    if (!waits) return null;
    const isDecided = hash !== null && this.#tools.approvals.decided(id, hash) !== undefined;
    return isDecided ? new Command({ resume: "decided" }) : undefined;
  }

  /** Resumes threads of earlier processes, once their leases expire. */
  async resumeLeft(onFailed: (error: unknown) => void): Promise<void> {
    const isOpen = ({ state }: Thread) => state === "running" || state === "approval";
    let left = this.list().filter(isOpen).map(({ id }) => id);
    while (left.length > 0) {
      for (const id of left) {
        if (this.#closing.signal.aborted) return;
        await this.resume(id).catch(onFailed);
      }
      left = left.filter((id) => isLeased(this.#store, id));
      if (left.length > 0) await sleep(AGENT_LIMITS.leaseMs, this.#closing.signal);
    }
  }

  /** Drains each run to its next step, up to a limit; the rest resumes later. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const control of this.#controls) control.requestDrain("the process ends");
    const waited = new AbortController();
    const runs = Promise.allSettled([...this.#runs]);
    await Promise.race([runs, sleep(AGENT_LIMITS.drainMs, waited.signal)]);
    waited.abort();
    this.#ended.abort();
    await runs;
  }

  /** Returns threads, newest first. */
  list(): Thread[] {
    return this.#store.db.prepare(
      "SELECT * FROM threads WHERE kind = 'define' ORDER BY created_at DESC LIMIT 200",
    ).all().map(threadOf);
  }

  /** Returns whether a thread's pending approval has expired. */
  isExpired(id: string): boolean {
    return this.#tools.approvals.isExpired(id);
  }

  /** Returns a thread with its results. Throws SsmdError `THREAD_UNKNOWN`. */
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

  /** Runs a thread with the input from `inputOf`, under its lease. */
  async #run(
    id: string,
    inputOf: () => Input | undefined | Promise<Input | undefined>,
  ): Promise<ThreadDetails> {
    const run = withLease(this.#store, id, async () => {
      const input = await inputOf();
      if (input !== undefined) await this.#invoke(id, input);
      // Killed after its last checkpoint.
      else if (this.#thread(id).state === "running") await this.#note(id);
    }).then(() => this.show(id));
    this.#runs.add(run);
    return await run.finally(() => this.#runs.delete(run));
  }

  /** Runs the graph; a drained run resumes in the next process. */
  async #invoke(id: string, input: Input): Promise<void> {
    this.#setState(id, "running", "");
    if (this.#closing.signal.aborted) return;
    const control = new RunControl();
    this.#controls.add(control);
    try {
      await this.#graph.invoke(input, {
        ...{ ...configOf(id), control, signal: this.#ended.signal },
        ...{ durability: "sync", recursionLimit: AGENT_LIMITS.stepsMax },
      });
      await this.#note(id);
    } catch (error) {
      if (!(error instanceof GraphDrained)) throw error;
    } finally {
      this.#controls.delete(control);
    }
  }

  /** Stores the thread's current state. */
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
    this.#setState(id, state, detail);
    if (state === "ended") {
      await this.#tools.audit.add(id, "end", { end: ending?.kind ?? "none", detail });
    }
  }

  #setState(id: string, state: ThreadState, detail: string): void {
    this.#store.db.prepare("UPDATE threads SET state = ?, detail = ?, updated_at = ? WHERE id = ?")
      .run(state, detail, isoOfUs(nowUs()), id);
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
      return committedText(ending.branch);
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
