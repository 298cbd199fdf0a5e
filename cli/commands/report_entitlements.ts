import { entitledOn } from "@ssmd/gateway/report";
import { dayOfMs } from "@ssmd/runtime";
import { z } from "zod";
import { readClients } from "../client/client_context.ts";
import { ANY_CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { day } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";

const ENTITLED = z.object({
  day: z.string(),
  client: z.string(),
  feed: z.string(),
  symbols: z.string(),
  types: z.string().describe("Record types, separated by spaces, or *"),
  since: z.string(),
  until: z.string().nullable().describe("Time of expiry or revocation"),
});

export default defineCommand({
  name: "report entitlements",
  brief: "List all entitlements in force on a day",
  description:
    "Includes everything in force at any moment of the day (UTC), also entitlements revoked " +
    "since and those of deleted clients.",
  examples: ["ssmd report entitlements", "ssmd report entitlements desk --date yesterday"],
  flags: { ...CLIENT_FLAGS, date: day("Day, UTC; default: today") },
  args: [ANY_CLIENT],
  output: z.array(ENTITLED),
  table: rowsOf("entitlement"),
  async run({ flags: { date = dayOfMs(Date.now()), ...location }, args: [client], context }) {
    const { entitlements } = await readClients(
      context,
      location,
      ({ store }) => store.entitlementHistory(),
    );
    const own = entitlements.filter((each) => client === undefined || each.client === client);
    return entitledOn(date, own) as z.output<typeof ENTITLED>[];
  },
});
