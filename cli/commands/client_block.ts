import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client block",
  brief: "Refuse all keys of a client at every gateway, and wait for their confirmation",
  changes: "security-events",
  examples: ["ssmd client block desk --yes"],
  ...cutOf("block"),
});
