import { AGENT_FLAGS, principal, withAgent } from "../agent/with_agent.ts";
import { THREAD_DETAILS, threadDetails, threadText } from "../agent/thread_view.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";

export default defineCommand({
  name: "agent define",
  brief: "Let an agent write a signal from words; it is checked and waits for an approval",
  description:
    "The model of the environment fills the slots of a signal; what ssmd signal check and ssmd " +
    "backtest say decides, and goes back to it where it is wrong. Nothing is committed before " +
    "ssmd agent approve. The demo's model is scripted: it knows two sentences. Exit code 1 when no " +
    "draft fits.",
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
