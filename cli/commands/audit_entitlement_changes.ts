import { presetOf } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit entitlement-changes",
  brief: "List what clients were let see, or no longer, the newest first",
  examples: ["ssmd audit entitlement-changes --env kraken"],
  ...presetOf("entitlement-changes"),
});
