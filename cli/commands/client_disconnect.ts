import { buildCommand, type Command } from "@stricli/core";
import {
  askGateway,
  CONNECTION_WORD,
  GATEWAY_FLAGS,
  type GatewayFlags,
} from "../client/running_gateway.ts";
import type { ConnectionAnswer } from "../client/connection_rows.ts";
import { confirmed } from "../confirm.ts";
import { show } from "../registry/show.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";

interface Flags extends GatewayFlags {
  dryRun: boolean;
}

const DRY_RUN_FLAG = {
  kind: "boolean",
  brief: "Show who it is and do nothing",
  default: false,
  withNegated: false,
} as const;

/** `ssmd client disconnect` */
export const command: Command<SsmdContext> = buildCommand<Flags, [number], SsmdContext>({
  docs: docs(
    "End a client's connection; it is told",
    "It is closed with code 4002 after an error message. A client may connect again at once.",
    ["ssmd client disconnect 1 --dry-run", "ssmd client disconnect 1 --yes"],
  ),
  parameters: {
    flags: { ...GATEWAY_FLAGS, dryRun: DRY_RUN_FLAG },
    positional: { kind: "tuple", parameters: [CONNECTION_WORD] },
  },
  async func(flags, id) {
    const path = `/v1/admin/clients/${id}`;
    const { client, address } = await askGateway(this, flags, path) as ConnectionAnswer;
    const value = { id, client, address, disconnected: false };
    const who = client === "" ? address : `${client} at ${address}`;
    if (!flags.dryRun && confirmed(this, `Disconnect client ${id} (${who})?`)) {
      await askGateway(this, flags, `${path}/disconnect`, "POST");
      value.disconnected = true;
    }
    show(this, value, flags.output);
  },
});
