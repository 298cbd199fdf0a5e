import { presetOf } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit entitlement-changes",
  brief: "List changes of clients' entitlements, newest first",
  shippedRegistry: true,
  examples: ["ssmd audit entitlement-changes --env kraken"],
  ...presetOf("entitlement-changes"),
});
