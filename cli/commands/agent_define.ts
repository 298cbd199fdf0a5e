import { AGENT_FLAGS, principal, withAgent } from "../agent/with_agent.ts";
import { THREAD_DETAILS, threadDetails, threadText } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";

export default defineCommand({
  name: "agent define",
  brief: "Let an agent write a signal from a sentence; it is checked and waits for an approval",
  description:
    "The environment's model fills in the slots of a signal. ssmd signal check and ssmd " +
    "backtest judge each draft, and their errors go back to the model. Nothing is committed " +
    "before ssmd agent approve. The demo's model is scripted and knows two sentences. Exit " +
    "code 1 when no draft passes.",
  changes: "operations",
  examples: [
    'ssmd agent define "when the spread of any KXSIM market doubles within ten seconds"',
  ],
  flags: AGENT_FLAGS,
  args: [text("When the signal fires, in words", { placeholder: "words", required: true })],
  output: THREAD_DETAILS,
  table: (thread) => ({ text: threadText(thread) }),
  failed: ({ state }) => state === "ended",
  run: ({ flags, args: [words], context }) =>
    withAgent(
      context,
      flags,
      async (agent) => threadDetails(await agent.define(words, principal())),
    ),
});
