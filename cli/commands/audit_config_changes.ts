import { presetOf } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit config-changes",
  brief: "List changes of the registry, newest first",
  shippedRegistry: true,
  examples: ["ssmd audit config-changes --registry"],
  ...presetOf("config-changes"),
});
