import { WORKFLOW_KINDS } from "@ssmd/jobs";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";

const WORKFLOW = z.object({
  workflow: z.string(),
  title: z.string().describe("What the workflow does"),
  arguments: z.array(z.string()).describe("Names; optional ones end in ?"),
  schema: z.record(z.string(), z.unknown()).describe("JSON Schema of the arguments"),
});

export default defineCommand({
  name: "job workflows",
  brief: "List workflows with their arguments",
  examples: ["ssmd job workflows", "ssmd job workflows --output json"],
  flags: {},
  output: z.array(WORKFLOW),
  table: (workflows) => ({
    rows: workflows.map(({ schema: _, ...row }) => ({
      ...row,
      arguments: row.arguments.join(" "),
    })),
    counted: "workflow",
  }),
  run: () =>
    WORKFLOW_KINDS.map(({ name, title, input }) => {
      const schema = z.toJSONSchema(input, { io: "input" });
      const required = new Set(schema.required);
      return {
        ...{ workflow: name, title, schema },
        arguments: Object.keys(input.shape).map((each) => required.has(each) ? each : `${each}?`),
      };
    }),
});
