import type { FireAction } from "@ssmd/market";
import type { DeployedWebhook } from "@ssmd/metadata";
import { messageOf } from "@ssmd/runtime";
import { createHmac } from "node:crypto";
import { AGENT_LIMITS } from "../limits.ts";

/** Result of a post; `refused` means that a retry would not help. */
export type Posting = { kind: "done" } | { kind: "failed" | "refused"; problem: string };

/**
 * Posts an action as JSON to this address only (no redirects), signed if it has a secret, bounded
 * in time and size. Receivers deduplicate by `idempotency-key`. Ignores response bodies.
 */
export async function postWebhook(
  { url, secret }: DeployedWebhook,
  action: FireAction,
  values: string,
): Promise<Posting> {
  const { reason, ...rest } = action;
  const body = JSON.stringify({
    ...rest,
    values: JSON.parse(values || "{}"),
    untrusted: { reason },
  });
  if (body.length > AGENT_LIMITS.webhookBytesMax) {
    return { kind: "refused", problem: `${body.length} characters are too many` };
  }
  const signature = secret === undefined ? {} : {
    "x-ssmd-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  };
  try {
    const response = await fetch(url, {
      ...{ method: "POST", body, redirect: "manual" },
      headers: { "content-type": "application/json", "idempotency-key": action.id, ...signature },
      signal: AbortSignal.timeout(AGENT_LIMITS.webhookMs),
    });
    await response.body?.cancel();
    const { ok, status } = response;
    if (ok) return { kind: "done" };
    const isPassing = status >= 500 || status === 429 || status === 408;
    const problem = status >= 300 && status < 400 || response.type === "opaqueredirect"
      ? "it answers with a redirect, which is not followed"
      : `it answers HTTP ${status}`;
    return { kind: isPassing ? "failed" : "refused", problem };
  } catch (error) {
    return { kind: "failed", problem: messageOf(error) };
  }
}
