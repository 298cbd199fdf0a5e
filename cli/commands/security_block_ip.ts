import { CLIENT_FLAGS, EXPIRES, orNull } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { ADDRESS, BLOCK_CHANGE, changeBlock } from "../security/block.ts";

export default defineCommand({
  name: "security block-ip",
  brief: "Answer nothing to an address, at every gateway",
  description:
    "Also with right keys; its streams end. It is kept in the clients' store, and the command ends " +
    "when every gateway of it has said that it holds: exit code 1 where one does not within 10 " +
    "seconds. Behind a proxy all callers have the proxy's address. Bad keys of an address are " +
    "refused for a while by themselves, by each gateway for itself.",
  changes: "security-events",
  examples: ["ssmd security block-ip 192.0.2.1 --expires 1d --reason scanning"],
  flags: { ...CLIENT_FLAGS, expires: EXPIRES, reason: text("For people", { default: "" }) },
  args: [ADDRESS],
  output: BLOCK_CHANGE,
  table: oneRow,
  failed: ({ confirmed }) => !confirmed,
  run({ flags: { expires = Infinity, reason, ...location }, args: [address], context }) {
    const block = { address, reason, createdAtMs: Date.now(), untilMs: orNull(expires) };
    return changeBlock(context, location, { address, block });
  },
});
