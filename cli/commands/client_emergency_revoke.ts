import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client emergency-revoke",
  brief: "Revoke a client's keys and entitlements and close its streams at once",
  changes: "security-events",
  examples: [
    "ssmd client emergency-revoke desk --dry-run",
    "ssmd client emergency-revoke desk --yes",
  ],
  ...cutOf("emergency-revoke"),
});
