import { buildCommand, type Command } from "@stricli/core";
import { CLIENT_ROLES, type ClientRole } from "@ssmd/gateway/access";
import { changeClients } from "../client/client_room.ts";
import {
  CLIENT_FLAGS,
  CLIENT_WORD,
  type ClientFlags,
  orNull,
  parseLimit,
} from "../client/flags.ts";
import { clientView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { docs, textFlag } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  description?: string;
  role: ClientRole;
  sessions: number;
  rateLimit: number;
  quota: number;
}

const limit = (brief: string) =>
  ({ kind: "parsed", parse: parseLimit, brief, default: "none", placeholder: "n|none" }) as const;

/** `ssmd client create` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Make a client: somebody who gets keys and entitlements",
    "A new client has no key and sees nothing: ssmd client api-key create and ssmd client entitle " +
      "come next. A running gateway knows it within a second.\n\n" +
      "Roles: client reads what it is entitled to, metrics reads /metrics too, admin may also use " +
      "the administration.",
    [
      'ssmd client create desk --description "Trading desk"',
      "ssmd client create scraper --role metrics",
      "ssmd client create trial --sessions 2 --rate-limit 10 --quota 1000000",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      description: textFlag("For people", "text"),
      role: { kind: "enum", values: CLIENT_ROLES, default: "client", brief: "What it may do" },
      sessions: limit("Streams at once"),
      rateLimit: limit("Requests a second"),
      quota: limit("Messages a day (UTC)"),
    },
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func(flags, name) {
    const action = { action: "create", client: name };
    const value = await changeClients(this, flags, action, async ({ admin }) => {
      const { description = "", role, sessions, rateLimit, quota } = flags;
      const limits = {
        sessionsMax: orNull(sessions),
        requestsPerSecondMax: orNull(rateLimit),
        messagesPerDayMax: orNull(quota),
      };
      const client = await admin.create(name, { description, role, limits });
      return clientView(client, await admin.accounts());
    });
    this.process.stdout.write(render({ value, rows: [value] }, flags.output));
  },
});
