import { buildCommand, type Command } from "@stricli/core";
import {
  askGateway,
  CONNECTION_WORD,
  GATEWAY_FLAGS,
  type GatewayFlags,
} from "../client/running_gateway.ts";
import { show } from "../registry/show.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { suggestion } from "@ssmd/runtime";
import { docs, parseWhole } from "../registry/flags.ts";

interface Flags extends GatewayFlags {
  intervalMs?: number;
  policy?: Policy;
}

const MODES = ["realtime", "conflated", "latest"] as const;
type Mode = typeof MODES[number];

const MODE_WORD = {
  brief: `The mode: ${MODES.join(", ")}`,
  placeholder: "mode",
  parse: parseMode,
  values: MODES,
} as const;

const INTERVAL_FLAG = {
  kind: "parsed",
  parse: parseWhole,
  brief: "Wait between two conflated messages, 10 to 60000",
  optional: true,
  placeholder: "ms",
} as const;

const POLICIES = ["drop_oldest", "drop_newest", "conflate", "disconnect"] as const;
type Policy = typeof POLICIES[number];

const POLICY_FLAG = {
  kind: "enum",
  values: POLICIES,
  brief: "What happens when it is slow",
  optional: true,
} as const;

/** `ssmd client set-mode` */
export const command: Command<SsmdContext> = buildCommand<Flags, [number, Mode], SsmdContext>({
  docs: docs(
    "Change how records come to a connected client; it is told",
    "All of its subscriptions come in this mode from now on; a new request of the client wins again.",
    [
      "ssmd client set-mode 1 conflated --interval-ms 500",
      "ssmd client set-mode 1 realtime --policy drop_oldest",
    ],
  ),
  parameters: {
    flags: { ...GATEWAY_FLAGS, intervalMs: INTERVAL_FLAG, policy: POLICY_FLAG },
    positional: { kind: "tuple", parameters: [CONNECTION_WORD, MODE_WORD] },
  },
  async func(flags, id, mode) {
    const query = new URLSearchParams({ mode });
    if (flags.intervalMs !== undefined) query.set("interval_ms", String(flags.intervalMs));
    if (flags.policy !== undefined) query.set("policy", flags.policy);
    const value = await askGateway(this, flags, `/v1/admin/clients/${id}/mode?${query}`, "POST");
    show(this, value as object, flags.output);
  },
});

function parseMode(text: string): Mode {
  const known = MODES.find((mode) => mode === text);
  if (known !== undefined) return known;
  const hint = suggestion(text, MODES);
  throw new UsageError("MODE_UNKNOWN", `there is no mode "${text}"`, { hint });
}
