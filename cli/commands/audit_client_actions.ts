import { presetOf } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit client-actions",
  brief: "List what was done with clients and their keys, the newest first",
  examples: ["ssmd audit client-actions --env kraken"],
  ...presetOf("client-actions"),
});
