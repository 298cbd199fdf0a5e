import { Command, GraphDrained, RunControl } from "@langchain/langgraph";
import { Encoder } from "@ssmd/codec";
import { actionSubject, type Fire, type FireAction } from "@ssmd/market";
import type { Policy } from "@ssmd/metadata";
import { messageOf, sleep, SsmdError } from "@ssmd/runtime";
import type { Publisher } from "@ssmd/transport";
import type { AgentStore } from "../agent_store.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { withLease } from "../thread_lease.ts";
import {
  type ActionGraph,
  actionGraph,
  type ActionTools,
  defaultChoice,
  firstState,
} from "./action_graph.ts";
import { actionRecord } from "./action_record.ts";
import type { ActionRow } from "./action_store.ts";
import { type ActionOutlets, sendAction } from "./send_action.ts";

/** Options of {@linkcode ActionAgent}. */
export interface ActionAgentOptions extends ActionOutlets {
  env: string;
  store: AgentStore;
  tools: ActionTools;
  policies: readonly Policy[];
  publisher: Publisher;
  /** Called when an action is over. */
  onEnded?: (action: FireAction) => void;
  /** Maximum wait for running steps on close; default AGENT_LIMITS. */
  drainMs?: number;
}

const encoder = new Encoder();

/** Acts on fires as policies say: each fire once per policy, across process restarts. */
export class ActionAgent {
  #options: ActionAgentOptions;
  #graph: ActionGraph;
  /** Aborted when no more work may start. */
  #closing = new AbortController();
  /** Aborts running graphs; webhooks have their own, shorter timeout. */
  #ended = new AbortController();
  #isClosing = new Promise<void>((resolve) =>
    this.#closing.signal.addEventListener("abort", () => resolve())
  );
  #wake = new AbortController();
  #controls = new Set<RunControl>();
  #work: Promise<void> | undefined;

  constructor(options: ActionAgentOptions) {
    this.#options = options;
    this.#graph = actionGraph(options.tools, (name) => this.#policyOf(name));
  }

  /** Stores fires for matching policies; known fires change nothing. */
  take(fires: readonly Fire[]): void {
    this.#options.tools.actions.take(fires, this.#options.policies);
    this.#wake.abort();
  }

  /** Starts working, first on what an earlier process left. */
  start(): void {
    this.#work ??= this.#run();
  }

  /**
   * Drains: stops each graph at its next step and waits for sends in progress, up to a limit; the
   * rest continues on the next start.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    for (const control of this.#controls) control.requestDrain("the process ends");
    const waited = new AbortController();
    const { drainMs = AGENT_LIMITS.drainMs } = this.#options;
    await Promise.race([this.#work, sleep(drainMs, waited.signal)]);
    waited.abort();
    this.#ended.abort();
    await this.#work;
  }

  /** Decides on an action's approval. Throws as `Approvals.decide`. */
  decide(id: string, decision: Parameters<ActionTools["approvals"]["decide"]>[1]): FireAction {
    const { actions, approvals } = this.#options.tools;
    const found = actions.find(id);
    if (found === undefined) throw unknownAction(id);
    approvals.decide(id, decision);
    this.#wake.abort();
    return found.result;
  }

  async #run(): Promise<void> {
    const { tools: { actions }, logger } = this.#options;
    while (!this.#closing.signal.aborted) {
      this.#wake = new AbortController();
      let moved = 0;
      try {
        const due = actions.due();
        const next = due.values();
        const worker = async () => {
          for (const row of next) if (await this.#advance(row)) moved++;
        };
        await Promise.all(Array.from({ length: AGENT_LIMITS.actionsAtOnce }, worker));
      } catch (error) {
        logger.error("actions cannot be worked on", { error });
      }
      if (moved === 0) await sleep(AGENT_LIMITS.lookMs, this.#wake.signal);
    }
  }

  /** Advances an action as far as possible; returns whether it moved. */
  async #advance({ id }: ActionRow): Promise<boolean> {
    const { store, tools: { actions }, logger } = this.#options;
    try {
      return await withLease(store, id, async () => {
        for (let moved = false;; moved = true) {
          const row = actions.find(id);
          if (row === undefined || this.#closing.signal.aborted) return moved;
          if (row.stage === "approval" && moved) return true;
          if (!await this.#step(row)) return moved;
        }
      });
    } catch (error) {
      if (error instanceof SsmdError && error.code === "THREAD_BUSY") return false;
      if (error instanceof GraphDrained || this.#ended.signal.aborted) return false;
      logger.warn("an action failed and is tried again", { id, error: messageOf(error) });
      this.#failed(id, messageOf(error));
      return false;
    }
  }

  /** Runs one stage of an action; returns whether it completed. */
  async #step(row: ActionRow): Promise<boolean> {
    switch (row.stage) {
      case "open":
      case "approval":
        return await this.#runGraph(row);
      case "queued":
        return await this.#send(row);
      case "sent":
        return await this.#publish(row);
      case "ended":
        return false;
    }
  }

  async #runGraph({ id, policy, fire, stage }: ActionRow): Promise<boolean> {
    const { actions } = this.#options.tools;
    const config = { configurable: { thread_id: id, policy } };
    const { tasks } = await this.#graph.getState(config);
    const waits = tasks.some(({ interrupts }) => interrupts.length > 0);
    const on = waits
      ? new Command<unknown, Record<string, unknown>, never>({ resume: "decided" })
      : null;
    const control = new RunControl();
    this.#controls.add(control);
    try {
      await this.#graph.invoke(tasks.length === 0 ? firstState(fire) : on, {
        ...{ ...config, control, signal: this.#ended.signal },
        ...{ durability: "sync", recursionLimit: AGENT_LIMITS.stepsMax },
      });
    } finally {
      this.#controls.delete(control);
    }
    return actions.find(id)?.stage !== stage;
  }

  async #send(row: ActionRow): Promise<boolean> {
    const { tools: { actions, audit } } = this.#options;
    const { action, type, detail } = row.result;
    await audit.add(row.id, "action", {
      fire: row.fire.id,
      action,
      type,
      detail,
      attempt: row.attempts + 1,
    });
    const sent = await sendAction(this.#options, row);
    if (sent.kind === "done") actions.sent(row.id, { state: "done" });
    else if (sent.kind === "refused" || actions.retry(row) >= AGENT_LIMITS.sendsMax) {
      actions.sent(row.id, { state: "failed", problem: sent.problem });
    } else return false;
    return true;
  }

  /** Publishes the result; the id lets the bus and readers deduplicate. */
  async #publish(row: ActionRow): Promise<boolean> {
    const { id, result, fire } = row;
    const { env, publisher, tools: { actions, audit, checkpointer }, onEnded } = this.#options;
    publisher.publish({
      ...{ subject: actionSubject(env, result.policy), id },
      payload: encoder.encode(actionRecord(row)),
    });
    await Promise.race([publisher.flush(), this.#isClosing]);
    if (this.#closing.signal.aborted) return false;
    const { state, action, problem } = result;
    await audit.add(id, "end", { end: state, action, problem, fire: fire.id });
    actions.end(id);
    await checkpointer.deleteThread(id);
    onEnded?.(result);
    return true;
  }

  /** After too many failures, applies the policy's default; fails it if that needs an approval. */
  #failed(id: string, why: string): void {
    const { actions, approvals } = this.#options.tools;
    const row = actions.find(id);
    if (row === undefined || actions.retry(row) < AGENT_LIMITS.runsMax) return;
    if (row.stage !== "open" && row.stage !== "approval") return;
    // The default is no answer to a person who refused.
    const refused = approvals.refusal(id);
    if (refused !== undefined) {
      return actions.sent(id, { state: refused.state, decided_by: refused.by, problem: why });
    }
    const policy = this.#options.policies.find(({ name }) => name === row.policy);
    if (policy === undefined) return actions.sent(id, { state: "failed", problem: why });
    const choice = defaultChoice(policy, `the graph failed: ${why}`);
    const needsPerson = policy.actions[choice.action]?.approve !== undefined;
    actions.queue(id, { policy, choice }, needsPerson ? { state: "failed", problem: why } : {});
  }

  #policyOf(name: string): Policy {
    const found = this.#options.policies.find((policy) => policy.name === name);
    if (found !== undefined) return found;
    throw new SsmdError("POLICY_GONE", `The environment names no policy "${name}" any more`, {
      hint: "Add it to agents.policies again, or leave its fires",
    });
  }
}

/** Returns the error for an unknown action. */
export function unknownAction(id: string): SsmdError {
  return new SsmdError("ACTION_UNKNOWN", `There is no action "${id}"`, {
    hint: "ssmd action list",
  });
}
