import { z } from "zod";
import { AGENT_FLAGS, withAgent } from "../agent/with_agent.ts";
import { THREAD, threadView } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "agent list",
  brief: "List agent threads: running, waiting and finished, newest first",
  examples: ["ssmd agent list", "ssmd agent list --output json"],
  flags: AGENT_FLAGS,
  output: z.array(THREAD),
  table: (threads) => ({
    rows: threads.map(({ thread, state, detail, words, model, updated_at: updated }) => ({
      ...{ thread, state, detail, words, model, updated },
    })),
    counted: "thread",
  }),
  run: ({ flags, context }) => withAgent(context, flags, (agent) => agent.list().map(threadView)),
});
