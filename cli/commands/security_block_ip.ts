import { CLIENT_FLAGS, EXPIRES, orNull } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { ADDRESS, BLOCK_CHANGE, changeBlock } from "../security/block.ts";

export default defineCommand({
  name: "security block-ip",
  brief: "Block an address at every gateway",
  description:
    "Requests with valid keys are blocked, too, and open streams are closed. The block is " +
    "kept in the clients' store, and the command waits until every gateway of it confirms " +
    "it: exit code 1 if one does not within 10 seconds. Behind a proxy all callers have the " +
    "proxy's address. In addition, each gateway refuses an address for a while after bad " +
    "keys.",
  changes: "security-events",
  examples: ["ssmd security block-ip 192.0.2.1 --expires 1d --reason scanning"],
  flags: {
    ...CLIENT_FLAGS,
    expires: EXPIRES,
    reason: text("Reason, for readers", { default: "" }),
  },
  args: [ADDRESS],
  output: BLOCK_CHANGE,
  table: oneRow,
  failed: ({ confirmed }) => !confirmed,
  run({ flags: { expires = Infinity, reason, ...location }, args: [address], context }) {
    const block = { address, reason, createdAtMs: Date.now(), untilMs: orNull(expires) };
    return changeBlock(context, location, { address, block });
  },
});
