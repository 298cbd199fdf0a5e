import { buildCommand, type Command } from "@stricli/core";
import { askGateway, GATEWAY_FLAGS, type GatewayFlags } from "../client/running_gateway.ts";
import { type ConnectionAnswer, endedRows } from "../client/connection_rows.ts";
import { render } from "../render.ts";
import type { SsmdContext } from "../context.ts";
import { docs, parseWhole } from "../registry/flags.ts";

interface Flags extends GatewayFlags {
  limit: number;
}

const LIMIT_FLAG = {
  kind: "parsed",
  parse: parseWhole,
  brief: "So many at most, up to 1000",
  default: "100",
  placeholder: "count",
} as const;

/** `ssmd client history` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "List connections that ended, and why",
    "The newest first; the gateway keeps the last 1000 since it started.",
    ["ssmd client history", "ssmd client history --limit 5"],
  ),
  parameters: { flags: { ...GATEWAY_FLAGS, limit: LIMIT_FLAG } },
  async func(flags) {
    const answer = await askGateway(this, flags, `/v1/admin/clients/history?limit=${flags.limit}`);
    const value = (answer as { clients: ConnectionAnswer[] }).clients;
    const rows = endedRows(value);
    this.process.stdout.write(render({ value, rows, counted: "connection" }, flags.output));
  },
});
