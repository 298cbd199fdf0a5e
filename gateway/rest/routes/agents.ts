import { ACTION_STATES, type ActionMarket, type FireAction } from "@ssmd/market";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { AgentsClient } from "../../bus/service_clients.ts";
import { json, uncached } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { named } from "../../http/named.ts";
import { includes } from "../market_lookup.ts";
import { TIME } from "../schemas/common.ts";
import { PAGE_LIMIT } from "../schemas/history.ts";

const TAG = { tag: "Agents", role: "operator" } as const;
/** Actions read at once while looking for those that a caller may see. */
const ACTIONS_PAGE = 1_000;
const TEXT = z.string().min(1).max(2_000);

/** A signal being written by an agent, from description to commit. */
const AGENT_THREAD = named(
  "AgentThread",
  "A signal on its way from words to a commit. Nothing is committed before `ssmd agent approve`.",
  z.strictObject({
    thread: z.string(),
    state: z.enum(["running", "question", "approval", "ended"]),
    detail: z.string().describe("Its question, what waits for an approval, or how it ended."),
    model: z.string().describe("Name of the model; a scripted one is marked as such."),
    signal: z.string().nullable(),
    source: z.string().nullable(),
    hash: z.string().nullable().describe("Hash of exactly what was tested; an approval names it."),
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

/** Action of a policy for a fire. */
const FIRE_ACTION = named(
  "FireAction",
  "What a policy does about a fire: one for each fire and policy.",
  z.strictObject({
    id: z.string().describe("Receivers use it to detect repetitions."),
    fire: z.string().describe("Id of the fire."),
    signal: z.string(),
    feed: z.string(),
    symbol: z.string(),
    policy: z.string(),
    action: z.string().describe("Name of the action in the policy; `none` = no action."),
    type: z.string().describe("alert, log, webhook or trade_signal: a record, never an order."),
    detail: z.record(z.string(), z.union([z.string(), z.number()])),
    state: z.enum(ACTION_STATES),
    chosen_by: z.enum(["model", "default", ""]).describe("`default` = no model answered."),
    model: z.string().describe("Name of the model; a scripted one is marked as such."),
    reason: z.string().describe("Text of the model, or why there is none."),
    problem: z.string(),
    hash: z.string().describe("Hash of exactly what waits for an approval."),
    decided_by: z.string(),
    at: TIME,
    ended_at: TIME.describe("End time; 0 = not ended."),
  }),
);

const WAITING = named(
  "WaitingApprovals",
  "What waits for an approval.",
  z.strictObject({ threads: z.array(AGENT_THREAD), actions: z.array(FIRE_ACTION) }),
);

/** Returns the routes of agents: operators request signals, administrators approve them. */
export function agentRoutes(client: AgentsClient): Route[] {
  return [
    ...[createRoute(client), answerRoute(client), testRoute(client), actionsRoute(client)],
    ...[waitingRoute(client), decideRoute(client, "approve"), decideRoute(client, "reject")],
  ];
}

function createRoute(client: AgentsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/agent/threads", id: "defineSignal", ...TAG },
    changes: "operations",
    summary: "Lets an agent write a signal from a sentence",
    body: z.strictObject({ words: TEXT }),
    answers: { 200: { schema: AGENT_THREAD } },
    handler: async ({ body: { words }, access }) =>
      uncached(threadJson(await client.ask({ action: "create", words, client: access.client }))),
  });
}

function answerRoute(client: AgentsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/agent/threads/{thread}", id: "continueThread", ...TAG },
    changes: "operations",
    summary: "Shows a thread; with `text`, answers its question",
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

function actionsRoute(client: AgentsClient): Route {
  return route({
    ...{ path: "/v1/actions", id: "listActions", tag: "Agents" },
    summary: "Lists the actions policies took for fires, newest first",
    query: {
      signal: z.string().max(64).optional().describe("Only for fires of this signal."),
      limit: PAGE_LIMIT,
    },
    answers: { 200: { schema: z.strictObject({ actions: z.array(FIRE_ACTION) }) } },
    handler: async ({ query: { signal = "", limit }, access }) => {
      const seen = await visibleActions(client, access, { signal, limit });
      return uncached(json({ actions: FIRE_ACTION.array().parse(seen) }));
    },
  });
}

/** Returns the newest actions that the caller may see, whatever others there are in between. */
async function visibleActions(
  client: AgentsClient,
  access: Access,
  { signal, limit }: { signal: string; limit: number },
): Promise<FireAction[]> {
  const isSeen = ({ feed, symbol }: ActionMarket) =>
    includes(access.typesOf(feed, symbol), "action");
  const seen: FireAction[] = [];
  let markets: readonly ActionMarket[] | undefined;
  for (let after = "", size = limit;; size = ACTIONS_PAGE) {
    const answer = await client.ask({ action: "actions", signal, after, limit: size, markets });
    const actions = "actions" in answer ? answer.actions : [];
    seen.push(...actions.filter(isSeen));
    const last = actions.at(-1);
    if (seen.length >= limit || actions.length < size || last === undefined) {
      return seen.slice(0, limit);
    }
    after = last.id;
    // Some are hidden: the rest is asked for by the markets that are not.
    markets ??= (await actionMarkets(client, signal)).filter(isSeen);
    if (markets.length === 0) return seen;
  }
}

async function actionMarkets(
  client: AgentsClient,
  signal: string,
): Promise<readonly ActionMarket[]> {
  const answer = await client.ask({ action: "markets", signal });
  return "markets" in answer ? answer.markets : [];
}

function waitingRoute(client: AgentsClient): Route {
  return route({
    ...{ path: "/v1/admin/agent/waiting", id: "listWaiting", ...TAG },
    summary: "Lists signals and actions that wait for an approval",
    answers: { 200: { schema: WAITING } },
    handler: async () => {
      const answer = await client.ask({ action: "waiting" });
      return uncached(json(WAITING.parse("waiting" in answer ? answer.waiting : undefined)));
    },
  });
}

/** Requires the role that may change what runs; the decision is stored with the client's name. */
function decideRoute(client: AgentsClient, decision: "approve" | "reject"): Route {
  return route({
    ...{ method: "POST", path: `/v1/admin/agent/threads/{thread}/${decision}` },
    ...{ id: `${decision}Thread`, ...TAG, role: "admin" },
    changes: "operations",
    summary: `${decision === "approve" ? "Approves" : "Rejects"} exactly what this hash identifies`,
    params: { thread: z.string().min(1).max(64) },
    examples: { thread: "d-1a2b3c4d" },
    query: { hash: z.string().length(64).describe("Hash of what was shown.") },
    answers: { 200: { schema: z.strictObject({ thread: z.string(), state: z.string() }) } },
    handler: async ({ params: { thread }, query: { hash }, access }) => {
      const answer = await client.ask({
        ...{ action: "decide", thread, decision, hash, client: access.client },
      });
      const state = "thread" in answer ? answer.thread.state : "decided";
      return uncached(json({ thread, state }));
    },
  });
}

function threadJson(answer: Awaited<ReturnType<AgentsClient["ask"]>>) {
  return json(AGENT_THREAD.parse("thread" in answer ? answer.thread : undefined));
}
