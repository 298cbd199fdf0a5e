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
/** What is asked about; it comes back through the client. */
const STATE = z.object({ thread: z.string().max(64), hash: z.string().max(64) });
const CAPABILITIES = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ elicitation: z.object({}).optional() }),
});
const WAITING = z.object({
  data: z.looseObject({
    ...{ thread: z.string(), state: z.literal("approval"), hash: z.string() },
    source: z.string().nullable(),
  }),
  // Nobody is asked about a source that does not fit: it is approved where it is shown as a whole.
  truncated: z.undefined().optional(),
});

type Request = ServerContext["mcpReq"];

/** Whether a person is to be asked: each request of the newer era says if it can, a session of the older did. */
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
 * Whether a signal that waits is approved by the person at the client; undefined = it does not wait, or
 * cannot be shown as a whole: then it waits on.
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
 * Hands the person's answer on; undefined = there is none. What came back through the client proves nothing:
 * the route asks for an administrator, and the agents for the hash that waits.
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
  // One that was declined waits on: only a person at ssmd rejects.
  return await backend.call(TOOL, { thread }, program);
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
