import { FEEDBACK_STATS } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "feedback stats",
  brief: "Count issues reported by clients, by status, priority and kind",
  description: "If the gateway requires keys, set SSMD_API_KEY to an operator's key.",
  shippedRegistry: true,
  examples: ["ssmd feedback stats", "ssmd feedback stats --output json"],
  flags: GATEWAY_FLAGS,
  output: FEEDBACK_STATS,
  asks: ["GET /v1/feedback/stats"],
  async run({ flags, context }) {
    return FEEDBACK_STATS.parse(await askGateway(context, flags, ["GET", "/v1/feedback/stats"]));
  },
});
