import { z } from "zod";
import { ACCESS_LIMITS, type SessionRecord } from "@ssmd/gateway/access";
import { readClients } from "../client/client_context.ts";
import { ANY_CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { isoOrNull } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { on, whole } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { isoOfMs } from "../format.ts";

const SESSION = z.object({
  client: z.string(),
  key_id: z.string(),
  address: z.string(),
  state: z.enum(["open", "ended", "lost"]),
  started: z.string(),
  ended: z.string().nullable(),
  reason: z.string().nullable(),
  session: z.string(),
});

export default defineCommand({
  name: "client sessions",
  brief: "List open and ended stream connections",
  description:
    "Newest first. State: open, ended (with the reason), lost (its gateway stopped without " +
    "recording an end). Ended ones are kept for 90 days.",
  examples: ["ssmd client sessions", "ssmd client sessions --open --limit 20 --output json"],
  flags: {
    ...CLIENT_FLAGS,
    open: on("Open connections only"),
    limit: whole("Maximum number of connections", { default: "100" }),
  },
  args: [ANY_CLIENT],
  output: z.array(SESSION),
  table: rowsOf("session"),
  run: ({ flags: { open, limit, ...flags }, args: [client], context }) =>
    readClients(context, flags, async ({ store }) => {
      const query = { openOnly: open, limit, ...(client === undefined ? {} : { client }) };
      const since = Date.now() - ACCESS_LIMITS.runLostMs;
      const runs = (await store.runs()).filter(({ seenAtMs }) => seenAtMs >= since);
      const alive = new Set(runs.map(({ id }) => id));
      const views = (await store.sessions(query)).map((each) => viewOf(each, alive));
      return open ? views.filter(({ state }) => state === "open") : views;
    }),
});

function viewOf(session: SessionRecord, alive: ReadonlySet<string>): z.output<typeof SESSION> {
  const { id, run, client, key, address, startedAtMs, endedAtMs, reason } = session;
  const state = endedAtMs !== null ? "ended" : alive.has(run) ? "open" : "lost";
  return {
    client,
    key_id: key,
    address,
    state,
    started: isoOfMs(startedAtMs),
    ended: isoOrNull(endedAtMs),
    reason,
    session: id,
  };
}
