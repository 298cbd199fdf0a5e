import { AGENT_FLAGS, THREAD_ID, threadId, withAgent } from "../agent/with_agent.ts";
import { THREAD_DETAILS, threadDetails, threadText } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "agent show",
  brief: "Show an agent's draft, its checks, and every step taken (--output json)",
  description: "A thread whose process has ended is resumed.",
  examples: ["ssmd agent show latest"],
  flags: AGENT_FLAGS,
  args: [THREAD_ID],
  output: THREAD_DETAILS,
  table: (thread) => ({ text: threadText(thread) }),
  run: ({ flags, args: [id], context }) =>
    withAgent(
      context,
      flags,
      async (agent) => threadDetails(await agent.resume(threadId(agent, id))),
    ),
});
