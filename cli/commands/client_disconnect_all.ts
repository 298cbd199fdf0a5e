import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client disconnect-all",
  brief: "End all streams of a client; it may connect again",
  changes: "client-actions",
  examples: ["ssmd client disconnect-all desk --yes"],
  ...cutOf("disconnect-all"),
});
