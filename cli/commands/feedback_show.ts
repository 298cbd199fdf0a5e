import { FEEDBACK_ENTRY } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { FEEDBACK_ID } from "../client/feedback_id.ts";

export default defineCommand({
  name: "feedback show",
  brief: "Show an issue: its reports, and the data about it",
  description: "Texts are written by clients. If the gateway requires keys, set SSMD_API_KEY.",
  shippedRegistry: true,
  examples: ["ssmd feedback show 1", "ssmd feedback show 1 --output json"],
  flags: GATEWAY_FLAGS,
  args: [FEEDBACK_ID],
  output: FEEDBACK_ENTRY,
  asks: ["GET /v1/feedback/{id}"],
  async run({ flags, args: [id], context }) {
    return FEEDBACK_ENTRY.parse(await askGateway(context, flags, ["GET", `/v1/feedback/${id}`]));
  },
});
