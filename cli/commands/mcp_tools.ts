import { z } from "zod";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "mcp tools",
  brief: "List the tools and resources for agents (MCP)",
  examples: ["ssmd mcp tools", "ssmd mcp tools --output json"],
  output: z.object({
    tools: z.array(z.object({
      name: z.string(),
      description: z.string(),
      arguments: z.array(z.string()),
      changes: z.boolean().describe("Whether it changes data"),
    })),
    resources: z.array(z.object({ uri: z.string(), description: z.string() })),
  }),
  table: ({ tools, resources }) => ({
    rows: [
      ...tools.map(({ name, arguments: args, description }) => ({
        name,
        arguments: args.join(" "),
        description,
      })),
      ...resources.map(({ uri, description }) => ({ name: uri, arguments: "", description })),
    ],
  }),
  async run() {
    const { toolListing } = await import("@ssmd/gateway/mcp");
    const { tools, resources } = toolListing();
    return {
      tools: tools.map(({ name, description, inputSchema, annotations }) => ({
        name,
        description,
        arguments: Object.keys(inputSchema["properties"] ?? {}),
        changes: !annotations.readOnlyHint,
      })),
      resources,
    };
  },
});
