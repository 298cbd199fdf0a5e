import {
  type AgentsAnswer,
  type AgentsRequest,
  type AgentThread,
  type SignalTest,
} from "@ssmd/market";
import { messageOf, sleep, SsmdError } from "@ssmd/runtime";
import { checkSignal, findSignal } from "@ssmd/signals";
import { z } from "zod";
import type { DefinitionAgent, ThreadDetails } from "./define/definition_agent.ts";
import { AGENT_LIMITS } from "./limits.ts";

/** Wait for a thread's first question; then it is told as running, and asked for again. */
const FIRST_WAIT_MS = 10_000;

const THREAD = z.string().min(1).max(64);
const TEXT = z.string().min(1).max(AGENT_LIMITS.wordsCharactersMax);
const REQUEST = z.discriminatedUnion("action", [
  z.object({ action: z.literal("create"), words: TEXT, client: z.string().max(64) }),
  z.object({ action: z.literal("answer"), thread: THREAD, text: TEXT }),
  z.object({ action: z.literal("show"), thread: THREAD }),
  z.object({ action: z.literal("test"), signal: z.string().min(1).max(64) }),
]);

/** What answers requests. */
interface AgentResponder {
  agent: DefinitionAgent;
  /** Who may approve what is asked for here: whoever runs the process. */
  principal: string;
  /** Folders of signals. */
  signalFolders: readonly string[];
  /** Called when a thread fails after it was told as running. */
  onFailed: (error: unknown) => void;
}

/** Answers requests of the gateway's clients, as bytes of the bus. */
export function agentResponder(
  responder: AgentResponder,
): (payload: Uint8Array) => Promise<Uint8Array> {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  return async (payload) => {
    const answer = await answered(responder, decoder.decode(payload));
    return encoder.encode(JSON.stringify(answer));
  };
}

async function answered(responder: AgentResponder, text: string): Promise<AgentsAnswer> {
  try {
    const request: AgentsRequest = REQUEST.parse(JSON.parse(text));
    if (request.action === "test") {
      return { ok: true, test: await tested(request.signal, responder.signalFolders) };
    }
    return { ok: true, thread: await threadFor(request, responder) };
  } catch (error) {
    if (error instanceof SsmdError) {
      const { code, message, hint } = error;
      return { ok: false, code, message, hint };
    }
    return { ok: false, code: "AGENTS_REQUEST", message: messageOf(error), hint: "" };
  }
}

async function threadFor(
  request: Exclude<AgentsRequest, { action: "test" }>,
  { agent, principal, onFailed }: AgentResponder,
): Promise<AgentThread> {
  if (request.action === "show") return threadOf(await agent.show(request.thread));
  const { id, done } = request.action === "create"
    ? agent.begin(request.words, principal, request.client)
    : { id: request.thread, done: agent.answer(request.thread, request.text) };
  const waited = new AbortController();
  const first = await Promise.race([done, sleep(FIRST_WAIT_MS, waited.signal)]);
  waited.abort();
  if (first !== undefined) return threadOf(first);
  done.catch(onFailed);
  return threadOf(await agent.show(id));
}

function threadOf(
  { id, state, detail, model, sources, hash, steps }: ThreadDetails,
): AgentThread {
  return {
    ...{ thread: id, state, detail, model, hash: state === "approval" ? hash : null },
    ...{ signal: sources?.id ?? null, source: sources?.source ?? null, checks: steps },
  };
}

/** One of the environment's signals, by its name only: a path would lead anywhere. */
async function tested(id: string, folders: readonly string[]): Promise<SignalTest> {
  const file = await findSignal(id.replace(/\.ts$/, ""), folders);
  const { ok, steps, findings, fires, records } = await checkSignal(file);
  return {
    ...{ signal: file.id, ok, fires, records },
    steps: steps.map(({ name, result, detail }) => ({ name, result, detail })),
    findings: findings.map(({ line, column, message, hint }) => ({ line, column, message, hint })),
  };
}
