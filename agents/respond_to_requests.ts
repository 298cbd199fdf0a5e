import {
  type AgentsDone,
  type AgentsRequest,
  type AgentThread,
  type FireAction,
  jsonResponder,
  type SignalTest,
} from "@ssmd/market";
import { sleep } from "@ssmd/runtime";
import { readFeedNames } from "@ssmd/metadata";
import { checkSignal, findSignal, signalFolders } from "@ssmd/signals";
import { z } from "zod";
import type { DefinitionAgent, ThreadDetails } from "./define/definition_agent.ts";
import { unknownAction } from "./act/action_agent.ts";
import { AGENT_LIMITS } from "./limits.ts";
import { agentsNotConfigured, type OpenedAgents } from "./open_agents.ts";
import { createSignalTool } from "./tools/create_signal.ts";

/** Maximum wait for a thread's first question; then it is reported as running. */
const FIRST_WAIT_MS = 10_000;

const THREAD = z.string().min(1).max(64);
const TEXT = z.string().min(1).max(AGENT_LIMITS.wordsCharactersMax);
const REQUEST = z.discriminatedUnion("action", [
  z.object({ action: z.literal("create"), words: TEXT, client: z.string().max(64) }),
  z.object({ action: z.literal("answer"), thread: THREAD, text: TEXT }),
  z.object({ action: z.literal("show"), thread: THREAD }),
  z.object({
    ...{ action: z.literal("actions"), signal: z.string().max(64) },
    ...{ after: z.string().max(64), limit: z.int().min(1).max(1_000) },
    markets: z.array(z.object({ feed: z.string(), symbol: z.string() })).optional(),
  }),
  z.object({ action: z.literal("markets"), signal: z.string().max(64) }),
  z.object({ action: z.literal("waiting") }),
  z.object({
    ...{ action: z.literal("decide"), thread: THREAD, decision: z.enum(["approve", "reject"]) },
    ...{ hash: z.string().length(64), client: z.string().max(64) },
  }),
  z.object({ action: z.literal("test"), signal: z.string().min(1).max(64) }),
]);

/** Options of answering requests. */
interface AgentResponder {
  agents: Pick<OpenedAgents, "definition" | "action" | "actions">;
  env: string;
  /** Approver of requests made here: the process's user; administrators decide on their behalf. */
  principal: string;
  /** Registry folder of the project whose signals are tested. */
  registryDir: string;
  /** Called when a thread fails after it was reported as running. */
  onFailed: (error: unknown) => void;
}

/** Returns a handler of encoded client requests from the gateway. */
export function agentResponder(
  responder: AgentResponder,
): (payload: Uint8Array) => Promise<Uint8Array> {
  return jsonResponder({
    code: "AGENTS_REQUEST",
    read: (request): AgentsRequest => REQUEST.parse(request),
    act: (request) => answered(responder, request),
  });
}

async function answered(responder: AgentResponder, request: AgentsRequest): Promise<AgentsDone> {
  const { agents: { actions }, registryDir } = responder;
  switch (request.action) {
    case "test":
      return { ok: true, test: await tested(request.signal, registryDir) };
    case "actions":
      return { ok: true, actions: actions.list(request) };
    case "markets":
      return { ok: true, markets: actions.markets(request.signal) };
    case "waiting":
      return { ok: true, waiting: await waitingAt(responder) };
    case "decide":
      if (request.thread.startsWith("a-")) {
        return { ok: true, actions: [decidedAction(request, responder)] };
      }
      break;
  }
  return { ok: true, thread: await threadFor(request, responder) };
}

/** Returns everything that waits for an approval. */
async function waitingAt({ agents: { definition, actions } }: AgentResponder) {
  const threads: AgentThread[] = [];
  for (const { id, state } of definition?.list() ?? []) {
    if (definition && state === "approval" && !definition.isExpired(id)) {
      threads.push(threadOf(await definition.show(id)));
    }
  }
  return { threads, actions: actions.list({ waiting: true, limit: AGENT_LIMITS.waitingShownMax }) };
}

/** A client decides on behalf of the process's user, but under its own name. */
function decisionOf(
  { decision, hash, client }: Extract<AgentsRequest, { action: "decide" }>,
  { principal }: AgentResponder,
) {
  return { decision, hash, principal, by: client === "" ? principal : client };
}

function decidedAction(
  request: Extract<AgentsRequest, { action: "decide" }>,
  responder: AgentResponder,
): FireAction {
  const { action } = responder.agents;
  if (action === undefined) throw unknownAction(request.thread);
  return action.decide(request.thread, decisionOf(request, responder));
}

async function threadFor(
  request: Exclude<AgentsRequest, { action: "test" | "actions" | "markets" | "waiting" }>,
  responder: AgentResponder,
): Promise<AgentThread> {
  const { agents: { definition: agent }, env, onFailed } = responder;
  if (agent === undefined) throw agentsNotConfigured(env);
  const { id, done } = await begun(agent, request, responder);
  const waited = new AbortController();
  const first = await Promise.race([done, sleep(FIRST_WAIT_MS, waited.signal)]);
  waited.abort();
  if (first !== undefined) return threadOf(first);
  done.catch(onFailed);
  return threadOf(await agent.show(id));
}

async function begun(
  agent: DefinitionAgent,
  request: Extract<AgentsRequest, { action: "create" | "answer" | "show" | "decide" }>,
  responder: AgentResponder,
): Promise<{ id: string; done: Promise<ThreadDetails> }> {
  switch (request.action) {
    case "create":
      return await createSignalTool((words) =>
        agent.begin(words, responder.principal, request.client)
      ).run(request);
    case "show":
      return { id: request.thread, done: agent.resume(request.thread) };
    case "answer":
      return { id: request.thread, done: agent.answer(request.thread, request.text) };
    case "decide":
      return {
        id: request.thread,
        done: agent.decide(request.thread, decisionOf(request, responder)),
      };
  }
}

function threadOf(
  { id, state, detail, model, sources, hash, steps }: ThreadDetails,
): AgentThread {
  return {
    ...{ thread: id, state, detail, model, hash: state === "approval" ? hash : null },
    ...{ signal: sources?.id ?? null, source: sources?.source ?? null, checks: steps },
  };
}

/** Tests one of the environment's signals, by id only: a path could lead anywhere. */
async function tested(id: string, registryDir: string): Promise<SignalTest> {
  const file = await findSignal(id.replace(/\.ts$/, ""), signalFolders(registryDir).all);
  const feeds = await readFeedNames(registryDir);
  const { ok, steps, findings, fires, records } = await checkSignal(file, { feeds });
  return {
    ...{ signal: file.id, ok, fires, records },
    steps: steps.map(({ name, result, detail }) => ({ name, result, detail })),
    findings: findings.map(({ line, column, message, hint }) => ({ line, column, message, hint })),
  };
}
