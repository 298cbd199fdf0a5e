import { buildCommand, type Command } from "@stricli/core";
import {
  askGateway,
  CONNECTION_WORD,
  GATEWAY_FLAGS,
  type GatewayFlags,
} from "../client/running_gateway.ts";
import { show } from "../registry/show.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";

/** `ssmd client show` */
export const command: Command<SsmdContext> = buildCommand<GatewayFlags, [number], SsmdContext>({
  docs: docs(
    "Show one connected client: subscriptions, buffer, losses, last error",
    "",
    ["ssmd client show 1"],
  ),
  parameters: {
    flags: GATEWAY_FLAGS,
    positional: { kind: "tuple", parameters: [CONNECTION_WORD] },
  },
  async func(flags, id) {
    const value = await askGateway(this, flags, `/v1/admin/clients/${id}`);
    show(this, value as object, flags.output);
  },
});
