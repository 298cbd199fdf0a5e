import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client revoke-all",
  brief: "Take every key and entitlement of a client away; it stays enabled",
  changes: "entitlement-changes",
  examples: ["ssmd client revoke-all desk --yes"],
  ...cutOf("revoke-all"),
});
