import { z } from "zod";
import { COMMIT, VERSION } from "@ssmd/runtime/build";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "version",
  brief: "Print the versions of ssmd and its runtime",
  examples: ["ssmd version", "ssmd version --output json"],
  output: z.object({
    ssmd: z.string(),
    commit: z.string().describe("Commit of this build; unknown when it was not set"),
    deno: z.string(),
    v8: z.string(),
    typescript: z.string(),
    platform: z.string(),
  }),
  table: (value) => ({
    rows: Object.entries(value).map(([what, version]) => ({ what, version })),
  }),
  run: () => ({
    ...{ ssmd: VERSION, commit: COMMIT },
    ...{ deno: Deno.version.deno, v8: Deno.version.v8, typescript: Deno.version.typescript },
    platform: Deno.build.target,
  }),
});
