import { z } from "zod";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { rowsOf } from "../command/table.ts";
import { ENV_NAME } from "../registry/registry_args.ts";

const APPLIED = z.object({
  environment: z.string(),
  dry_run: z.boolean(),
  added: z.array(z.string()).describe("Markets added to the capture"),
  taken_off: z.array(z.string()).describe("Markets removed from the capture"),
  changed: z.array(z.string()).describe("Markets with a changed subscription"),
  other_rules: z.boolean().describe("Whether the rules that select markets changed"),
});

export default defineCommand({
  name: "env apply",
  brief: "Apply the markets and rules of an environment's file while it runs",
  description:
    "Sends the request to the gateway of the running environment, of up or of services on a " +
    "bus. New markets are subscribed, removed ones unsubscribed, and all others continue " +
    "without a gap; the rules of `select` are followed in their new form. All other settings " +
    "are read at a start: a change of those is refused, with a hint.",
  shippedRegistry: true,
  examples: ["ssmd env apply demo --dry-run", "ssmd env apply demo --output json"],
  flags: { data: GATEWAY_FLAGS.data, url: GATEWAY_FLAGS.url, dryRun: DRY_RUN },
  args: [ENV_NAME],
  output: APPLIED,
  table: ({ added, taken_off, changed, other_rules }) =>
    rowsOf("market")([
      ...added.map((symbol) => ({ symbol, change: "added" })),
      ...taken_off.map((symbol) => ({ symbol, change: "taken off" })),
      ...changed.map((symbol) => ({ symbol, change: "changed" })),
      ...(other_rules ? [{ symbol: "select", change: "other rules" }] : []),
    ]),
  asks: ["POST /v1/admin/environment/apply"],
  async run({ flags: { dryRun, ...location }, args: [env], context }) {
    const path = `/v1/admin/environment/apply?dry_run=${dryRun}`;
    return APPLIED.parse(await askGateway(context, { ...location, env }, ["POST", path]));
  },
});
