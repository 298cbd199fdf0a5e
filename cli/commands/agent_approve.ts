import { UsageError } from "../exit.ts";
import { AGENT_FLAGS, principal, THREAD_ID, threadId, withAgent } from "../agent/with_agent.ts";
import { THREAD_DETAILS, threadDetails, threadText } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";

export default defineCommand({
  name: "agent approve",
  brief: "Approve exactly what an agent tested; it is committed on a branch signal/<name>",
  description:
    "Shows the signal and asks for confirmation; scripts name it with --hash. An approval is " +
    "valid once, for a day, for the hash of what was tested and for the user who asked for " +
    "the signal.",
  changes: "operations",
  examples: ["ssmd agent approve latest --yes"],
  flags: { ...AGENT_FLAGS, hash: text("Hash from ssmd agent show") },
  args: [THREAD_ID],
  output: THREAD_DETAILS,
  table: (thread) => ({ text: threadText(thread) }),
  run: ({ flags: { hash, ...flags }, args: [given], context }) =>
    withAgent(context, flags, async (agent) => {
      const id = threadId(agent, given);
      const thread = threadDetails(await agent.show(id));
      const meant = hash ?? thread.hash;
      if (meant === null) {
        throw new UsageError("APPROVAL_NOT_PENDING", `Nothing waits for an approval in ${id}`, {
          hint: "ssmd agent list",
        });
      }
      if (hash === undefined) assertConfirmed(context, `${threadText(thread)}Commit this?`);
      const decision = { decision: "approve", hash: meant, principal: principal() } as const;
      return threadDetails(await agent.decide(id, decision));
    }),
});
