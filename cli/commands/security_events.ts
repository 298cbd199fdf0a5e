import { presetOf } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "security events",
  brief: "List refused callers, blocked addresses and uses of keys, newest first",
  shippedRegistry: true,
  examples: ["ssmd security events --env kraken"],
  ...presetOf("security-events"),
});
