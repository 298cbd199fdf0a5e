import type { FireAction } from "@ssmd/market";
import type { DeployedWebhook } from "@ssmd/metadata";
import type { Logger } from "@ssmd/runtime";
import type { ActionRow } from "./action_store.ts";
import { type Posting, postWebhook } from "./post_webhook.ts";

/** Destinations of actions. */
export interface ActionOutlets {
  /** Webhooks that policies may name, by name. */
  webhooks: Readonly<Record<string, DeployedWebhook>>;
  logger: Logger;
}

/** Performs a queued action. A trade signal needs nothing more: its record is the event. */
export async function sendAction(
  { webhooks, logger }: ActionOutlets,
  { result, fire }: ActionRow,
): Promise<Posting> {
  const { type, detail } = result;
  switch (type) {
    case "alert":
      logger[detail["severity"] === "info" ? "info" : "warn"]("alert", lineOf(result, fire.values));
      return { kind: "done" };
    case "log":
      logger.info("a signal fired", lineOf(result, fire.values));
      return { kind: "done" };
    case "trade_signal":
      return { kind: "done" };
    case "webhook": {
      const to = String(detail["to"]);
      const webhook = Object.hasOwn(webhooks, to) ? webhooks[to] : undefined;
      return webhook === undefined
        ? { kind: "refused", problem: `the environment names no webhook "${to}"` }
        : await postWebhook(webhook, result, fire.values);
    }
    default:
      return { kind: "refused", problem: `there is no action of type "${type}"` };
  }
}

function lineOf(
  { id, signal, feed, symbol, policy, reason, model, detail }: FireAction,
  values: string,
): Record<string, unknown> {
  return { id, signal, feed, symbol, policy, ...detail, values, model, untrusted_reason: reason };
}
