import { ACCESS_LIMITS, confirmations, type Cut, planCut } from "@ssmd/gateway/access";
import { z } from "zod";
import { DRY_RUN } from "../command/common_flags.ts";
import type { ValuesOf } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { countText, isoOfMs } from "../format.ts";
import { changeClients, type ClientContext, readClients } from "./client_context.ts";
import { CLIENT, CLIENT_FLAGS } from "./flags.ts";

/** Effect of each command on a client, and its confirmation question. */
const CUTS = {
  "emergency-revoke": {
    question: "Revoke all keys and entitlements of a client, disable it and end its streams",
    cut: { enabled: false, streams: true, keys: true, entitlements: true },
  },
  "block": {
    question: "Disable a client and end its streams",
    cut: { enabled: false },
  },
  "unblock": {
    question: undefined,
    cut: { enabled: true },
  },
  "disconnect-all": {
    question: "End all streams of a client",
    cut: { streams: true },
  },
  "revoke-all": {
    question: "Revoke all keys and entitlements of a client",
    cut: { keys: true, entitlements: true },
  },
} as const satisfies Record<string, { question: string | undefined; cut: Cut }>;

const CUT_VIEW = z.object({
  client: z.string(),
  enabled: z.boolean(),
  keys_revoked: z.int(),
  entitlements_removed: z.int(),
  streams: z.int().describe("Streams that were open before"),
  confirmed: z.boolean().describe("Whether every gateway applied the change"),
  took_ms: z.int().describe("Time from the change to the last gateway's confirmation"),
  gateways: z.array(z.object({
    run: z.string(),
    pid: z.int().describe("Process of the gateway"),
    confirmed: z.boolean(),
    seen: z.string().describe("Last heartbeat, ISO 8601"),
  })),
});

type CutView = z.output<typeof CUT_VIEW>;

/** Common definition fields of a command that cuts a client off. */
export function cutOf(verb: keyof typeof CUTS) {
  const { question, cut } = CUTS[verb];
  const flags = { ...CLIENT_FLAGS, dryRun: DRY_RUN };
  return {
    description:
      "Makes one change to the clients' store. The command waits until every gateway of the " +
      "store confirms the change, usually within half a second; a gateway sends nothing after " +
      "its confirmation. Exit code 1 if one does not confirm within 10 seconds.",
    flags,
    args: [CLIENT] as const,
    output: CUT_VIEW,
    table: (view: CutView, { dryRun }: { dryRun: boolean }) => ({ text: textOf(view, dryRun) }),
    failed: ({ confirmed }: CutView) => !confirmed,
    run: async (
      { flags: { dryRun, ...location }, args: [client], context }: {
        flags: ValuesOf<typeof flags>;
        args: readonly [string];
        context: SsmdContext;
      },
    ) => {
      const now = (clients: ClientContext) => cutNow(clients, client, { cut, dryRun });
      if (dryRun) return await readClients(context, location, now);
      const body = async (clients: ClientContext) => {
        // An unknown client is an error before any question.
        planCut(await clients.admin.accounts(), client, cut);
        if (question !== undefined) {
          assertConfirmed(context, `${question.replace("a client", client)}?`);
        }
        return await now(clients);
      };
      return await changeClients(context, location, { action: { action: verb, client }, body });
    },
  };
}

async function cutNow(
  clients: ClientContext,
  client: string,
  { cut, dryRun }: { cut: Cut; dryRun: boolean },
): Promise<CutView> {
  const { admin, store } = clients;
  const streams = await openStreams(clients, client);
  const startedMs = Date.now();
  let { taken } = planCut(await admin.accounts(), client, cut);
  if (!dryRun) {
    await admin.change((accounts) => {
      const planned = planCut(accounts, client, cut);
      taken = planned.taken;
      return planned.changes;
    });
  }
  const confirmed = dryRun ? [] : await confirmations(store);
  return {
    ...{ client, enabled: taken.enabled, keys_revoked: taken.keys },
    ...{ entitlements_removed: taken.entitlements, streams },
    confirmed: confirmed.every((each) => each.confirmed),
    took_ms: Date.now() - startedMs,
    gateways: confirmed.map(({ run: { id, pid, seenAtMs }, confirmed }) => ({
      ...{ run: id, pid, confirmed, seen: isoOfMs(seenAtMs) },
    })),
  };
}

async function openStreams({ store }: ClientContext, client: string): Promise<number> {
  const since = Date.now() - ACCESS_LIMITS.runLostMs;
  const alive = (await store.runs()).filter(({ seenAtMs }) => seenAtMs >= since);
  const limit = ACCESS_LIMITS.endedSessionsMax;
  const open = await store.sessions({ client, openOnly: true, limit });
  return open.filter(({ run }) => alive.some(({ id }) => id === run)).length;
}

function textOf(view: CutView, dryRun: boolean): string {
  const { client, enabled, keys_revoked, entitlements_removed, streams, gateways, took_ms } = view;
  const taken = [
    `${countText(keys_revoked, "key")} revoked`,
    `${countText(entitlements_removed, "entitlement")} removed`,
    `${countText(streams, "stream")} open before`,
  ].join(", ");
  const state = enabled ? "enabled" : "disabled";
  if (dryRun) return `${client} would be ${state}: ${taken}\n`;
  const silent = gateways.filter(({ confirmed }) => !confirmed);
  return [
    `${client} is ${state}: ${taken}`,
    gateways.length === 0
      ? "No gateway runs: it holds from the start of the next one"
      : `${gateways.length - silent.length} of ${countText(gateways.length, "gateway")} ` +
        `confirmed within ${took_ms} ms`,
    ...silent.map(({ pid, seen }) =>
      `The gateway of process ${pid}, last seen ${seen}, did not: end it unless it has ended already`
    ),
  ].map((line) => `${line}\n`).join("");
}
