import { ACCESS_LIMITS, confirmations, type Cut, planCut } from "@ssmd/gateway/access";
import { z } from "zod";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { countText, isoOfMs } from "../format.ts";
import {
  changeClients,
  type ClientContext,
  type ClientLocation,
  readClients,
} from "./client_context.ts";
import { CLIENT, CLIENT_FLAGS } from "./flags.ts";

/** Longest wait for the word of the gateways, ms. */
const CONFIRMED_MS_MAX = 10_000;

/** What each command takes from a client, and what is asked before. */
const CUTS = {
  "emergency-revoke": {
    brief: "Cut a client off at once: keys, entitlements, streams",
    category: "security-events",
    question: "Revoke all keys and entitlements of a client, disable it and end its streams",
    cut: { enabled: false, streams: true, keys: true, entitlements: true },
  },
  "block": {
    brief: "Let none of a client's keys in, and see that no gateway does",
    category: "security-events",
    question: "Disable a client and end its streams",
    cut: { enabled: false },
  },
  "unblock": {
    brief: "Let a client's keys in again, at every gateway",
    category: "security-events",
    question: undefined,
    cut: { enabled: true },
  },
  "disconnect-all": {
    brief: "End all streams of a client; it may connect again",
    category: "client-actions",
    question: "End all streams of a client",
    cut: { streams: true },
  },
  "revoke-all": {
    brief: "Take every key and entitlement of a client away; it stays enabled",
    category: "entitlement-changes",
    question: "Revoke all keys and entitlements of a client",
    cut: { keys: true, entitlements: true },
  },
} as const satisfies Record<string, {
  brief: string;
  category: "client-actions" | "entitlement-changes" | "security-events";
  question: string | undefined;
  cut: Cut;
}>;

const CUT_VIEW = z.object({
  client: z.string(),
  enabled: z.boolean(),
  keys_revoked: z.int(),
  entitlements_removed: z.int(),
  streams: z.int().describe("Streams that were open before"),
  confirmed: z.boolean().describe("Whether it is in force on every gateway"),
  took_ms: z.int().describe("From the change to the last gateway's word"),
  gateways: z.array(z.object({
    run: z.string(),
    pid: z.int().describe("Process of the gateway"),
    confirmed: z.boolean(),
    seen: z.string().describe("Its last sign of life, ISO 8601"),
  })),
});

type CutView = z.output<typeof CUT_VIEW>;

/** The command that cuts a client off in one of these ways. */
export function cutCommand(verb: keyof typeof CUTS) {
  const { brief, category, question, cut } = CUTS[verb];
  const run = `ssmd client ${verb} desk`;
  return defineCommand({
    name: `client ${verb}`,
    brief,
    description:
      "It is one change of the clients' store. The command ends when every gateway of the store has " +
      "said that it holds there, most within half a second: nothing is sent after that word. Exit " +
      "code 1 where one does not say so within 10 seconds.",
    changes: category,
    examples: [question === undefined ? run : `${run} --yes`],
    flags: { ...CLIENT_FLAGS, dryRun: DRY_RUN },
    args: [CLIENT],
    output: CUT_VIEW,
    table: (view, { dryRun }) => ({ text: textOf(view, dryRun) }),
    failed: ({ confirmed }) => !confirmed,
    async run({ flags: { dryRun, ...location }, args: [client], context }) {
      const now = (clients: ClientContext) => cutNow(clients, client, { cut, dryRun });
      if (dryRun) return await readClients(context, location, now);
      if (question !== undefined) {
        assertConfirmed(context, `${question.replace("a client", client)}?`);
      }
      return await changeClients(context, location, {
        action: { action: verb, client },
        body: now,
      });
    },
  });
}

async function cutNow(
  clients: ClientContext,
  client: string,
  { cut, dryRun }: { cut: Cut; dryRun: boolean },
): Promise<CutView> {
  const { admin, store } = clients;
  const streams = await openStreams(clients, client);
  const startedMs = Date.now();
  let { taken, changes } = planCut(await admin.accounts(), client, cut);
  if (!dryRun) {
    await admin.change((accounts) => ({ taken, changes } = planCut(accounts, client, cut)).changes);
  }
  const confirmed = dryRun ? [] : await confirmations(store, CONFIRMED_MS_MAX);
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
  if (dryRun) return `${client} would be ${state}: ${taken}`;
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
  ].join("\n");
}
