import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputRequired,
  type InputRequiredResult,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { ToolBackend, ToolResult } from "./tool_backend.ts";

const TOOL = "create_signal";
const KEY = "approval";
const ANSWER = z.object({ approve: z.boolean().describe("Commit exactly this signal") });
/** State of the request, which the client returns. */
const STATE = z.object({ thread: z.string().max(64), hash: z.string().max(64) });
const CAPABILITIES = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ elicitation: z.object({}).optional() }),
});
const WAITING = z.object({
  data: z.looseObject({
    ...{ thread: z.string(), state: z.literal("approval"), hash: z.string() },
    source: z.string().nullable(),
  }),
  // Never ask about a truncated source: it is approved where it is shown in full.
  truncated: z.undefined().optional(),
});

type Request = ServerContext["mcpReq"];

/** Whether to ask a person: the newer era declares this per request, the older per session. */
export function mayAsk(
  { envelope, inputResponses }: Request,
  session: ClientCapabilities | undefined,
): boolean {
  if (inputResponses !== undefined) return false;
  if (envelope === undefined) return session?.elicitation !== undefined;
  const offers = CAPABILITIES.safeParse(envelope).data?.[CLIENT_CAPABILITIES_META_KEY];
  return offers?.elicitation !== undefined;
}

/**
 * Returns the question whether to approve a waiting signal; undefined when no signal waits, or its
 * source cannot be shown in full.
 */
export function approvalQuestion(
  tool: string,
  { text, isError }: ToolResult,
): InputRequiredResult | undefined {
  if (tool !== TOOL || isError) return undefined;
  const waiting = WAITING.safeParse(JSON.parse(text));
  if (!waiting.success) return undefined;
  const { thread, hash, source } = waiting.data.data;
  return inputRequired({
    inputRequests: {
      [KEY]: inputRequired.elicit({
        message: `Approve this signal (${hash})? It is committed on a branch.\n\n${source ?? ""}`,
        requestedSchema: ANSWER,
      }),
    },
    requestState: JSON.stringify({ thread, hash }),
  });
}

/**
 * Forwards the person's answer; undefined = none. Data returned by the client proves nothing: the
 * route requires an administrator, and the agents the hash of the waiting signal.
 */
export async function answeredApproval(
  backend: ToolBackend,
  { inputResponses, requestState }: Request,
  program: string,
): Promise<ToolResult | undefined> {
  const state = STATE.safeParse(parsed(requestState<string>()));
  if (inputResponses === undefined || !state.success) return undefined;
  const { thread, hash } = state.data;
  const isApproved = acceptedContent(inputResponses, KEY, ANSWER)?.approve === true;
  if (isApproved) {
    const decided = await backend.approve({ thread, hash }, program);
    if (decided.isError) return decided;
  }
  // A declined signal keeps waiting: only a person using ssmd can reject it.
  return await backend.call(TOOL, { thread }, program);
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
