import { z } from "zod";
import config from "../../deno.json" with { type: "json" };
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "version",
  brief: "Print the versions of ssmd and what it runs on",
  examples: ["ssmd version", "ssmd version --output json"],
  output: z.object({
    ssmd: z.string(),
    deno: z.string(),
    v8: z.string(),
    typescript: z.string(),
    platform: z.string(),
  }),
  table: (value) => ({
    rows: Object.entries(value).map(([what, version]) => ({ what, version })),
  }),
  run: () => ({
    ssmd: config.version,
    ...{ deno: Deno.version.deno, v8: Deno.version.v8, typescript: Deno.version.typescript },
    platform: Deno.build.target,
  }),
});
