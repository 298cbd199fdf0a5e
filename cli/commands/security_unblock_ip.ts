import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";
import { ADDRESS, BLOCK_CHANGE, changeBlock } from "../security/block.ts";

export default defineCommand({
  name: "security unblock-ip",
  brief: "Unblock an address at every gateway",
  changes: "security-events",
  examples: ["ssmd security unblock-ip 192.0.2.1"],
  flags: CLIENT_FLAGS,
  args: [ADDRESS],
  output: BLOCK_CHANGE,
  table: oneRow,
  failed: ({ confirmed }) => !confirmed,
  run: ({ flags, args: [address], context }) =>
    changeBlock(context, flags, { address, block: undefined }),
});
