import { ACTION, ACTION_ID, decideAction } from "../agent/action_view.ts";
import { AGENT_FLAGS } from "../agent/with_agent.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "action approve",
  brief: "Approve the action a policy proposed for a fire; ssmd up or the agents then run it",
  changes: "operations",
  examples: ["ssmd action approve a-0f1e2d3c4b5a69788796a5b4"],
  flags: AGENT_FLAGS,
  args: [ACTION_ID],
  output: ACTION,
  table: ({ id, action, symbol }) => ({ text: `${id}: approved: ${action} for ${symbol}\n` }),
  run: ({ flags, args: [id], context }) =>
    decideAction(context, flags, { id, decision: "approve" }),
});
