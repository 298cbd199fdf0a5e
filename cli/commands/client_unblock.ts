import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client unblock",
  brief: "Let a client's keys in again, at every gateway",
  changes: "security-events",
  examples: ["ssmd client unblock desk"],
  ...cutOf("unblock"),
});
