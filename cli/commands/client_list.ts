import { buildCommand, type Command } from "@stricli/core";
import { askGateway, GATEWAY_FLAGS, type GatewayFlags } from "../client/running_gateway.ts";
import { type ConnectionAnswer, connectionRows } from "../client/connection_rows.ts";
import { render } from "../render.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";

/** `ssmd client list` */
export const command: Command<SsmdContext> = buildCommand<GatewayFlags, [], SsmdContext>({
  docs: docs(
    "List the clients that are connected to a running gateway",
    "Buffer and waiting are what the client has not read yet. A gateway that asks for keys wants that of an administrator in SSMD_API_KEY.",
    ["ssmd client list", "ssmd client list --env demo --output json"],
  ),
  parameters: { flags: GATEWAY_FLAGS },
  async func(flags) {
    const answer = await askGateway(this, flags, "/v1/admin/clients");
    const value = (answer as { clients: ConnectionAnswer[] }).clients;
    const rows = connectionRows(value);
    this.process.stdout.write(render({ value, rows, counted: "client" }, flags.output));
  },
});
