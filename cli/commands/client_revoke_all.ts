import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client revoke-all",
  brief: "Revoke all keys and entitlements of a client; it stays enabled",
  changes: "entitlement-changes",
  examples: ["ssmd client revoke-all desk --yes"],
  ...cutOf("revoke-all"),
});
