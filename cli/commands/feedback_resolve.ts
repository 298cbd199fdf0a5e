import { FEEDBACK_ENTRY } from "@ssmd/gateway/protocol";
import { FEEDBACK_ID } from "../client/feedback_id.ts";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";

export default defineCommand({
  name: "feedback resolve",
  brief: "Resolve an issue; a further report opens it again",
  description: "If the gateway requires keys, set SSMD_API_KEY to an operator's key.",
  shippedRegistry: true,
  examples: ["ssmd feedback resolve 1 --note 'the day was made again from raw'"],
  flags: { ...GATEWAY_FLAGS, note: text("What was done") },
  args: [FEEDBACK_ID],
  output: FEEDBACK_ENTRY,
  asks: ["POST /v1/feedback/{id}/resolve"],
  async run({ flags: { note = "", ...location }, args: [id], context }) {
    const path = `/v1/feedback/${id}/resolve?${new URLSearchParams({ note })}`;
    return FEEDBACK_ENTRY.parse(await askGateway(context, location, ["POST", path]));
  },
});
