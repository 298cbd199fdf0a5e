import type { Msg } from "@nats-io/nats-core";
import type { OutMessage, PublishRefusal, RefusalReason } from "./transport.ts";

/** JetStream error codes that map to a specific reason. */
const REASONS: Readonly<Record<number, RefusalReason>> = {
  10023: "storage", // insufficient resources
  10028: "storage", // resources exceeded for the account
  10047: "storage", // insufficient storage resources available
  10054: "size", // message size exceeds maximum allowed
  10077: "storage", // maximum messages, bytes exceeded
  10097: "size", // header size exceeds maximum allowed
  10122: "storage", // stream store failed
};

/** Returns whether the message itself is the reason, so that a retry is useless. */
export function isFinal(reason: RefusalReason): boolean {
  return reason === "size" || reason === "invalid";
}

/** Converts a JetStream answer that is no acknowledgement. */
export function refusalOf(message: OutMessage, answer: Msg): PublishRefusal {
  const { subject, id } = message;
  if (answer.data.length === 0) {
    return { reason: "other", subject, id, detail: "no stream takes the subject" };
  }
  const detail = answer.string();
  return { reason: REASONS[errorCodeOf(detail)] ?? "other", subject, id, detail };
}

function errorCodeOf(text: string): number {
  try {
    const { error } = JSON.parse(text) as { error?: { err_code?: number } };
    return error?.err_code ?? 0;
  } catch {
    return 0;
  }
}
