import { z } from "zod";
import { ACTION } from "../agent/action_view.ts";
import { AGENT_FLAGS, withAgents } from "../agent/with_agent.ts";
import { defineCommand } from "../command/define.ts";
import { on, text, whole } from "../command/flag.ts";

export default defineCommand({
  name: "action list",
  brief: "List the actions policies took for fires, newest first",
  examples: ["ssmd action list", "ssmd action list --waiting --output json"],
  flags: {
    ...AGENT_FLAGS,
    signal: text("Only for fires of this signal"),
    waiting: on("Only actions that wait for an approval"),
    limit: whole("Maximum number of actions", { default: "100" }),
  },
  output: z.array(ACTION),
  table: (actions) => ({
    rows: actions.map(({ chosen_by: by, model, problem, ...each }) => {
      const { id, at, signal, symbol, policy, action, state } = each;
      return {
        ...{ id, at: new Date(at).toISOString(), signal, symbol, policy, action, state },
        ...{ "chosen by": by === "model" ? model : by, problem },
      };
    }),
    counted: "action",
  }),
  run: ({ flags, context }) => withAgents(context, flags, ({ actions }) => actions.list(flags)),
});
