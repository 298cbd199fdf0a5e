import { FEEDBACK_STATS } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "feedback stats",
  brief: "Count the issues that clients reported, by status, priority and kind",
  description: "A gateway that asks for keys wants that of an operator in SSMD_API_KEY.",
  examples: ["ssmd feedback stats", "ssmd feedback stats --output json"],
  flags: GATEWAY_FLAGS,
  output: FEEDBACK_STATS,
  asks: ["GET /v1/feedback/stats"],
  async run({ flags, context }) {
    return FEEDBACK_STATS.parse(await askGateway(context, flags, ["GET", "/v1/feedback/stats"]));
  },
});
