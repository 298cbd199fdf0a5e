import { buildCommand, type Command } from "@stricli/core";
import { askGateway, GATEWAY_FLAGS, type GatewayFlags } from "../client/running_gateway.ts";
import { type ConnectionAnswer, connectionRows } from "../client/connection_rows.ts";
import { render } from "../render.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";

/** `ssmd client slow` */
export const command: Command<SsmdContext> = buildCommand<GatewayFlags, [], SsmdContext>({
  docs: docs(
    "List connected clients that are slow, or have lost messages",
    "Lagging: its buffer is filled to 70 %. Dropping: to 90 %, and its policy decides.",
    ["ssmd client slow"],
  ),
  parameters: { flags: GATEWAY_FLAGS },
  async func(flags) {
    const answer = await askGateway(this, flags, "/v1/admin/clients?slow=true");
    const value = (answer as { clients: ConnectionAnswer[] }).clients;
    const rows = connectionRows(value);
    this.process.stdout.write(render({ value, rows, counted: "slow client" }, flags.output));
  },
});
