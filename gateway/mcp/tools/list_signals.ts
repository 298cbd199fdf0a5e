import { fitting, type Found } from "../answer.ts";
import { type Json, listIn } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";

/** Tool that lists signals and their state. */
export const LIST_SIGNALS = defineTool({
  name: "list_signals",
  role: "viewer",
  description: "Signals, their state, parameters and fires.",
  input: {},
  run: async (_, ask) => {
    const answer = await ask({ path: "/v1/signals" });
    const signals = listIn(answer, "signals");
    const found = (kept: readonly Json[]): Found => ({
      data: { signals: kept, lag_seconds: answer["lag_seconds"] },
      condition: signals.length === 0
        ? "empty"
        : signals.every(({ state }) => state === "running")
        ? "live"
        : "suspect",
      ...(kept.length < signals.length ? { truncated: true } : {}),
    });
    return fitting(signals, found).answer;
  },
});
