import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client unblock",
  brief: "Accept a client's keys again at every gateway",
  changes: "security-events",
  examples: ["ssmd client unblock desk"],
  ...cutOf("unblock"),
});
