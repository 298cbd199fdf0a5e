import { z } from "zod";
import { ISSUE_KINDS } from "../../feedback/report.ts";
import { defineTool } from "../tool.ts";
import { FEED, FROM, TO } from "./arguments.ts";
import { notesOf } from "./condition.ts";

/** Tool that reports an issue of the data. */
export const REPORT_ISSUE = defineTool({
  name: "report_issue",
  role: "viewer",
  description: "Report wrong or missing data; it is checked.",
  input: {
    kind: z.enum(ISSUE_KINDS),
    symbol: z.string().optional(),
    feed: FEED,
    ...{ from: FROM, to: TO },
    record: z.string().optional().describe("id or seq of a trade"),
    text: z.string().optional(),
  },
  annotations: { readOnlyHint: false, idempotentHint: true },
  run: async (body, ask) => {
    const answer = await ask({ method: "POST", path: "/v1/feedback", body });
    const { _hints: _, ...data } = answer;
    return { data, condition: "complete", notes: notesOf(answer) };
  },
});
