import { z } from "zod";
import { readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { BLOCK_VIEW, blockView } from "../security/block.ts";

export default defineCommand({
  name: "security blocklist",
  brief: "List blocked addresses",
  examples: ["ssmd security blocklist"],
  flags: CLIENT_FLAGS,
  output: z.array(BLOCK_VIEW),
  table: rowsOf("block"),
  run: ({ flags, context }) =>
    readClients(context, flags, async ({ admin }) => {
      const { blocks } = await admin.accounts();
      return blocks.map(blockView);
    }),
});
