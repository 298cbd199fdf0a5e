import { createHmac } from "node:crypto";
import { type IssueTracker, postJson } from "./issue_tracker.ts";

/** Options of {@linkcode webhookTracker}. */
interface WebhookOptions {
  url: string;
  /** Secret that signs bodies: `x-ssmd-signature: sha256=…`; absent = unsigned. */
  secret?: string;
}

/** Posts issues as JSON to a URL; receivers detect repetitions by `idempotency-key`. */
export function webhookTracker({ url, secret }: WebhookOptions): IssueTracker {
  return {
    create: async ({ key, title, body, priority }) => {
      const text = JSON.stringify({ key, title, body, priority });
      const signature = secret === undefined ? {} : {
        "x-ssmd-signature": `sha256=${createHmac("sha256", secret).update(text).digest("hex")}`,
      };
      const response = await postJson(url, { "idempotency-key": key, ...signature }, text);
      await response.body?.cancel();
      return undefined;
    },
  };
}
