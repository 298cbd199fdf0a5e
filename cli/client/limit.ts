import { clientIn, type ClientLimits } from "@ssmd/gateway/access";
import { parsed } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import {
  changeClients,
  type ClientContext,
  type ClientLocation,
  readClients,
} from "./client_context.ts";
import { CLIENT, orNull, parseLimit } from "./flags.ts";

/** Arguments of a command that shows or sets one client limit. */
export function limitArgs(counted: string) {
  const limit = parsed(parseLimit, `${counted}, or none; omit to show the limit`, {
    placeholder: "n|none",
  });
  return [CLIENT, limit] as const;
}

/** Client limit and its new value. */
interface LimitChange {
  /** Name of its subcommand of `ssmd client`. */
  verb: string;
  limit: keyof ClientLimits;
  client: string;
  /** Absent = only show; Infinity = no limit. */
  value?: number | undefined;
}

/** Sets a limit when a value is given, and returns the limit in force. */
export async function showOrSetLimit<View>(
  context: SsmdContext,
  flags: ClientLocation,
  { verb, limit, client, value, view }: LimitChange & {
    view: (context: ClientContext, limit: number | null) => Promise<View>;
  },
): Promise<View> {
  const shown = async (clients: ClientContext) => {
    const { limits } = clientIn(await clients.admin.accounts(), client);
    return await view(clients, limits[limit]);
  };
  if (value === undefined) return await readClients(context, flags, shown);
  return await changeClients(context, flags, {
    action: { action: verb, client },
    body: async (clients) => {
      await clients.admin.update(client, { limits: { [limit]: orNull(value) } });
      return await shown(clients);
    },
  });
}
