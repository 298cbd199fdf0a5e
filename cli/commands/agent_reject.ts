import { UsageError } from "../exit.ts";
import { AGENT_FLAGS, principal, THREAD_ID, threadId, withAgent } from "../agent/with_agent.ts";
import { THREAD_DETAILS, threadDetails, threadText } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "agent reject",
  brief: "Reject an agent's draft; nothing is committed",
  changes: "operations",
  examples: ["ssmd agent reject latest"],
  flags: AGENT_FLAGS,
  args: [THREAD_ID],
  output: THREAD_DETAILS,
  table: (thread) => ({ text: threadText(thread) }),
  run: ({ flags, args: [given], context }) =>
    withAgent(context, flags, async (agent) => {
      const id = threadId(agent, given);
      const { hash } = await agent.show(id);
      if (hash === null) {
        throw new UsageError("APPROVAL_NOT_PENDING", `Nothing waits for an approval in ${id}`, {
          hint: "ssmd agent list",
        });
      }
      const decision = { decision: "reject", hash, principal: principal() } as const;
      return threadDetails(await agent.decide(id, decision));
    }),
});
