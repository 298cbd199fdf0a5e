import { z } from "zod";
import { defineTool } from "../tool.ts";

/** Tool that checks a signal. */
export const TEST_SIGNAL = defineTool({
  name: "test_signal",
  role: "operator",
  description: "Check a signal: rules, types, determinism, look-ahead.",
  input: { id: z.string() },
  run: async ({ id }, ask) => {
    const path = "/v1/admin/agent/tests";
    const data = await ask({ method: "POST", path, body: { signal: id } });
    return { data, condition: "complete", ...(data["ok"] ? {} : { notes: ["It fails."] }) };
  },
});
