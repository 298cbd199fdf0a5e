import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client block",
  brief: "Let none of a client's keys in, and see that no gateway does",
  changes: "security-events",
  examples: ["ssmd client block desk --yes"],
  ...cutOf("block"),
});
