import { buildCommand, type Command } from "@stricli/core";
import { clientIn, type ClientLimits } from "@ssmd/gateway/access";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { changeClients, type ClientRoom, readClients } from "./client_room.ts";
import { CLIENT_FLAGS, CLIENT_WORD, type ClientFlags, orNull, parseLimit } from "./flags.ts";

/** A command that shows or sets one limit of a client. */
export interface LimitCommand {
  /** Its word behind `ssmd client`. */
  verb: string;
  brief: string;
  more: string;
  examples: readonly string[];
  /** What is counted, for the argument. */
  counted: string;
  limit: keyof ClientLimits;
  /** What is shown of it: the limit, and how much of it is used. */
  view: (room: ClientRoom, client: string, most: number | null) => Promise<Row>;
}

/** The command: without a number it shows, with one it sets. */
export function limitCommand(spec: LimitCommand): Command<SsmdContext> {
  const number = {
    brief: `${spec.counted}, or none; left out: show it`,
    placeholder: "n|none",
    parse: parseLimit,
    optional: true,
  } as const;
  return buildCommand<ClientFlags, [string, number?], SsmdContext>({
    docs: docs(spec.brief, spec.more, spec.examples),
    parameters: {
      flags: CLIENT_FLAGS,
      positional: { kind: "tuple", parameters: [CLIENT_WORD, number] },
    },
    async func(flags, name, most) {
      const shown = async (room: ClientRoom) => {
        const { limits } = clientIn(await room.admin.accounts(), name);
        return { client: name, ...await spec.view(room, name, limits[spec.limit]) };
      };
      const value = most === undefined
        ? await readClients(this, flags, shown)
        : await changeClients(this, flags, { action: spec.verb, client: name }, async (room) => {
          await room.admin.update(name, { limits: { [spec.limit]: orNull(most) } });
          return await shown(room);
        });
      this.process.stdout.write(render({ value, rows: [value] }, flags.output));
    },
  });
}
