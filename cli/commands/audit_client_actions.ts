import { presetOf } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit client-actions",
  brief: "List changes to clients and their keys, newest first",
  shippedRegistry: true,
  examples: ["ssmd audit client-actions --env kraken"],
  ...presetOf("client-actions"),
});
