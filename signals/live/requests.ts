import { jsonResponder, type SignalsDone, type SignalsRequest, signalsSubject } from "@ssmd/market";
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

/** Serves requests about an environment's signals. Rejects with the transport's errors. */
export function respondToRequests(
  transport: Transport,
  env: string,
  act: (request: SignalsRequest) => Promise<SignalsDone>,
): Promise<Subscription> {
  return transport.respond(
    signalsSubject(env),
    jsonResponder({ code: "SIGNALS_REQUEST", read: (request) => REQUEST.parse(request), act }),
  );
}
