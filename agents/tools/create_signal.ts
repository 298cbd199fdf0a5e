import { z } from "zod";
import { AGENT_LIMITS } from "../limits.ts";
import { agentTool } from "./agent_tool.ts";

/** Tool that starts a definition thread; not given to the action agent, which can send data out. */
export function createSignalTool<T>(begin: (words: string) => Promise<T>) {
  return agentTool({
    description:
      "Makes a signal of words: drafted, checked, backtested, then it waits for a person",
    input: z.strictObject({ words: z.string().min(1).max(AGENT_LIMITS.wordsCharactersMax) }),
    run: ({ words }) => begin(words),
  });
}
