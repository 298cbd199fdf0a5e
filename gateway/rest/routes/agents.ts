import { z } from "zod";
import type { AgentsClient } from "../../bus/agents_client.ts";
import { json, uncached } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { named } from "../../http/named.ts";

const TAG = { tag: "Agents", role: "admin" } as const;
const TEXT = z.string().min(1).max(2_000);

/** A signal on its way from words to a commit. */
const AGENT_THREAD = named(
  "AgentThread",
  "A signal on its way from words to a commit. Nothing is committed before `ssmd agent approve`.",
  z.strictObject({
    thread: z.string(),
    state: z.enum(["running", "question", "approval", "ended"]),
    detail: z.string().describe("What it asks, what waits for an approval, or how it ended."),
    model: z.string().describe("The model; a scripted one says so."),
    signal: z.string().nullable(),
    source: z.string().nullable(),
    hash: z.string().nullable().describe("Of exactly what was tested; an approval names it."),
    checks: z.array(z.string()),
  }),
);

const SIGNAL_TEST = named(
  "SignalTest",
  "What a check of a signal says, as `ssmd signal check` does.",
  z.strictObject({
    signal: z.string(),
    ok: z.boolean(),
    steps: z.array(z.strictObject({
      name: z.string(),
      result: z.string(),
      detail: z.string(),
    })),
    findings: z.array(z.strictObject({
      line: z.int(),
      column: z.int(),
      message: z.string(),
      hint: z.string(),
    })),
    fires: z.int(),
    records: z.int(),
  }),
);

/** Routes of agents: for administrators, as what they write may be run. */
export function agentRoutes(client: AgentsClient): Route[] {
  return [createRoute(client), answerRoute(client), testRoute(client)];
}

function createRoute(client: AgentsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/agent/threads", id: "defineSignal", ...TAG },
    summary: "Lets an agent write a signal from words",
    body: z.strictObject({ words: TEXT }),
    answers: { 200: { schema: AGENT_THREAD } },
    handler: async ({ body: { words }, access }) =>
      uncached(threadJson(await client.ask({ action: "create", words, client: access.client }))),
  });
}

function answerRoute(client: AgentsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/agent/threads/{thread}", id: "continueThread", ...TAG },
    summary: "How a thread is; with `text`, the answer to what it asks",
    params: { thread: z.string().min(1).max(64) },
    examples: { thread: "d-1a2b3c4d" },
    body: z.strictObject({ text: TEXT.optional() }),
    answers: { 200: { schema: AGENT_THREAD } },
    handler: async ({ params: { thread }, body: { text } }) => {
      const request = text === undefined
        ? { action: "show", thread } as const
        : { action: "answer", thread, text } as const;
      return uncached(threadJson(await client.ask(request)));
    },
  });
}

function testRoute(client: AgentsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/agent/tests", id: "testSignal", ...TAG },
    summary: "Checks a signal of this environment, as ssmd signal check does",
    body: z.strictObject({ signal: z.string().min(1).max(64) }),
    answers: { 200: { schema: SIGNAL_TEST } },
    handler: async ({ body: { signal } }) => {
      const answer = await client.ask({ action: "test", signal });
      return uncached(json(SIGNAL_TEST.parse("test" in answer ? answer.test : undefined)));
    },
  });
}

function threadJson(answer: Awaited<ReturnType<AgentsClient["ask"]>>) {
  return json(AGENT_THREAD.parse("thread" in answer ? answer.thread : undefined));
}
