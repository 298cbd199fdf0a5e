import { type SignalsAnswer, type SignalsRequest, signalsSubject } from "@ssmd/market";
import { messageOf, SsmdError } from "@ssmd/runtime";
import type { Subscription, Transport } from "@ssmd/transport";
import { z } from "zod";

const ID = z.string().min(1).max(256);
const REQUEST = z.discriminatedUnion("action", [
  z.object({ action: z.literal("list") }),
  z.object({ action: z.literal("history") }),
  z.object({ action: z.literal("deploy") }),
  z.object({ action: z.literal("enable"), id: ID }),
  z.object({ action: z.literal("disable"), id: ID }),
]);

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Serves requests about an environment's signals. Rejects with the transport's errors. */
export function respondToRequests(
  transport: Transport,
  env: string,
  answer: (request: SignalsRequest) => Promise<SignalsAnswer>,
): Promise<Subscription> {
  return transport.respond(signalsSubject(env), async (payload) => {
    const answered = await tried(() => answer(REQUEST.parse(JSON.parse(DECODER.decode(payload)))));
    return ENCODER.encode(JSON.stringify(answered));
  });
}

async function tried(ask: () => Promise<SignalsAnswer>): Promise<SignalsAnswer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SsmdError) {
      const { code, message, hint = "" } = error;
      return { ok: false, code, message, hint };
    }
    return { ok: false, code: "SIGNALS_REQUEST", message: messageOf(error), hint: "" };
  }
}
