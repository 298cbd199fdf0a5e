import { z } from "zod";
import { ACTION, ACTION_ID, actionOf } from "../agent/action_view.ts";
import { AGENT_FLAGS, withAgents } from "../agent/with_agent.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "action show",
  brief: "Show the action a policy took for a fire, with every step",
  examples: ["ssmd action show a-0f1e2d3c4b5a69788796a5b4"],
  flags: AGENT_FLAGS,
  args: [ACTION_ID],
  output: ACTION.extend({
    audit: z.array(z.object({ at: z.string(), what: z.string(), record: z.looseObject({}) })),
  }),
  table: ({ audit, ...action }) => ({
    text: [
      ...Object.entries(action).map(([name, value]) =>
        `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`
      ),
      "",
      ...audit.map(({ at, what, record }) => `${at} ${what} ${JSON.stringify(record)}`),
      "",
    ].join("\n"),
  }),
  run: ({ flags, args: [id], context }) =>
    withAgents(context, flags, ({ actions, audit }) => ({
      ...actionOf(actions, id),
      audit: audit.ofThread(id).map((each) => ({ ...each })),
    })),
});
