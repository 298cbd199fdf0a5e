import { z } from "zod";
import { pathOf } from "../../http/ask.ts";
import { Problem } from "../../http/problem.ts";
import { defineTool } from "../tool.ts";

const THREADS = "/v1/admin/agent/threads";

const NEXT: Readonly<Record<string, string>> = {
  running: "It is not done: call again with thread.",
  question: "It asks: call again with thread and words as the answer.",
  approval: "A person decides: ssmd agent approve. Nothing is committed before.",
  ended: "It is over.",
};

/** Tool that has an agent write a signal. */
export const CREATE_SIGNAL = defineTool({
  name: "create_signal",
  role: "operator",
  description: "Let an agent write a signal; a person approves.",
  input: {
    words: z.string().optional().describe("when it fires, or an answer"),
    thread: z.string().optional(),
  },
  annotations: { readOnlyHint: false },
  run: async ({ words, thread }, ask) => {
    if (words === undefined && thread === undefined) {
      throw new Problem("INVALID_ARGUMENT", "Words are missing", {
        status: 400,
        hint: "Say when the signal fires, or name a thread",
      });
    }
    const data = thread === undefined
      ? await ask({ method: "POST", path: THREADS, body: { words } })
      : await ask({
        ...{ method: "POST", path: pathOf(THREADS, thread) },
        body: words === undefined ? {} : { text: words },
      });
    return { data, condition: "complete", notes: [NEXT[String(data["state"])] ?? ""] };
  },
});
