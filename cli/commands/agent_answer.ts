import { AGENT_FLAGS, THREAD_ID, threadId, withAgent } from "../agent/with_agent.ts";
import { THREAD_DETAILS, threadDetails, threadText } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";

export default defineCommand({
  name: "agent answer",
  brief: "Answer an agent's question",
  changes: "operations",
  examples: ['ssmd agent answer latest "of all markets of Kalshi"'],
  flags: AGENT_FLAGS,
  args: [THREAD_ID, text("The answer", { placeholder: "words", required: true })],
  output: THREAD_DETAILS,
  table: (thread) => ({ text: threadText(thread) }),
  run: ({ flags, args: [id, words], context }) =>
    withAgent(
      context,
      flags,
      async (agent) => threadDetails(await agent.answer(threadId(agent, id), words)),
    ),
});
