import { buildCommand, type Command } from "@stricli/core";
import { ACCESS_LIMITS, type SessionRecord } from "@ssmd/gateway/access";
import { readClients } from "../client/client_room.ts";
import { ANY_CLIENT_WORD, CLIENT_FLAGS, type ClientFlags } from "../client/flags.ts";
import { isoOrNull } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { isoOfMs } from "../format.ts";
import { docs, parseWhole } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  open: boolean;
  limit: number;
}

/** `ssmd client sessions` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string?], SsmdContext>({
  docs: docs(
    "List stream connections, now and before",
    "The newest first. The state says: open, ended (with the reason), lost (its gateway went away " +
      "without a word). Ended ones are kept for 90 days.",
    ["ssmd client sessions", "ssmd client sessions --open --limit 20 --output json"],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      open: {
        kind: "boolean",
        brief: "Only those that go on",
        default: false,
        withNegated: false,
      },
      limit: {
        kind: "parsed",
        parse: parseWhole,
        brief: "At most so many",
        default: "100",
        placeholder: "n",
      },
    },
    positional: { kind: "tuple", parameters: [ANY_CLIENT_WORD] },
  },
  async func({ open, limit, ...flags }, client) {
    const value = await readClients(this, flags, async ({ store }) => {
      const query = { openOnly: open, limit, ...(client === undefined ? {} : { client }) };
      const since = Date.now() - ACCESS_LIMITS.runLostMs;
      const runs = (await store.runs()).filter(({ seenAtMs }) => seenAtMs >= since);
      const alive = new Set(runs.map(({ id }) => id));
      const views = (await store.sessions(query)).map((each) => viewOf(each, alive));
      return open ? views.filter(({ state }) => state === "open") : views;
    });
    this.process.stdout.write(render({ value, rows: value, counted: "session" }, flags.output));
  },
});

function viewOf(session: SessionRecord, alive: ReadonlySet<string>) {
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
