import type { z } from "zod";
import { CONNECTION } from "@ssmd/gateway/protocol";
import { askGateway, CONNECTION_ID, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { choice, whole, word } from "../command/flag.ts";

const MODES = ["realtime", "conflated", "latest"] as const;
const POLICIES = ["drop_oldest", "drop_newest", "conflate", "disconnect"] as const;

export default defineCommand({
  name: "client set-mode",
  brief: "Change the delivery mode of a connected client, with a message to the client",
  description: "Applies to all of its subscriptions; a later request of the client overrides it.",
  shippedRegistry: true,
  examples: [
    "ssmd client set-mode 1 conflated --interval-ms 500",
    "ssmd client set-mode 1 realtime --policy drop_oldest",
  ],
  flags: {
    ...GATEWAY_FLAGS,
    intervalMs: whole("Interval between conflated messages, ms, 10 to 60000", {
      placeholder: "ms",
    }),
    policy: choice(POLICIES, "Policy when the client is slow"),
  },
  args: [
    CONNECTION_ID,
    word(MODES, `Delivery mode: ${MODES.join(", ")}`, { placeholder: "mode", required: true }),
  ],
  output: CONNECTION,
  asks: ["POST /v1/admin/clients/{id}/mode"],
  async run({ flags, args: [id, mode], context }) {
    const query = new URLSearchParams({ mode });
    if (flags.intervalMs !== undefined) query.set("interval_ms", String(flags.intervalMs));
    if (flags.policy !== undefined) query.set("policy", flags.policy);
    const path = `/v1/admin/clients/${id}/mode?${query}`;
    return await askGateway(context, flags, ["POST", path]) as z.output<typeof CONNECTION>;
  },
});
