import { cutOf } from "../client/cut_off.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client disconnect-all",
  brief: "Close all streams of a client; it may reconnect",
  changes: "client-actions",
  examples: ["ssmd client disconnect-all desk --yes"],
  ...cutOf("disconnect-all"),
});
