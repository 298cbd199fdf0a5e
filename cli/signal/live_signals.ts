import { z } from "zod";
import { isoOfUs } from "@ssmd/runtime";
import { askGateway, type GatewayLocation } from "../client/running_gateway.ts";
import type { SsmdContext } from "../context.ts";
import { parsed } from "../command/flag.ts";

const ANSWER = z.object({
  switches: z.array(z.object({
    at: z.number(),
    action: z.string(),
    stream: z.object({ created_at_us: z.number(), sequence: z.int() }),
    feeds: z.record(z.string(), z.number()),
    signals: z.array(z.object({
      id: z.string(),
      version: z.int(),
      source_hash: z.string(),
      params_hash: z.string(),
    })),
  })),
});

/** Change of the running set of signals. */
export const SWITCH = z.object({
  at: z.string().describe("ISO 8601"),
  action: z.string().describe("start, deploy, enable, disable or quarantine"),
  stream_sequence: z.int().describe(
    "Last bus message processed by the signals of the previous deployment",
  ),
  feeds: z.record(z.string(), z.string())
    .describe("Receive time of the last processed record, by feed"),
  signals: z.array(z.object({
    id: z.string(),
    version: z.int(),
    source_hash: z.string(),
    params_hash: z.string(),
  })).describe("Signals that run from then on"),
});

/** Live signal argument. */
export const LIVE_SIGNAL = parsed((text) => text, "Signal, as named in its environment", {
  placeholder: "signal",
  required: true,
});

/** Reads or makes signal switches through a running gateway. */
export async function switchesOf(
  context: SsmdContext,
  location: GatewayLocation,
  request: readonly ["GET" | "POST", string],
): Promise<z.output<typeof SWITCH>[]> {
  const [method, path] = request;
  const answer = await askGateway(context, location, [method, `/v1/admin/signals/${path}`]);
  return ANSWER.parse(answer).switches.map(({ at, stream, feeds, ...rest }) => ({
    ...{ ...rest, at: isoOfUs(Math.round(at * 1000)), stream_sequence: stream.sequence },
    feeds: Object.fromEntries(Object.entries(feeds).map(([feed, us]) => [feed, isoOfUs(us)])),
  }));
}

/** Table rows of switches. */
export function switchRows(switches: readonly z.output<typeof SWITCH>[]) {
  return switches.map(({ at, action, stream_sequence, signals }) => ({
    ...{ at, action, stream_sequence },
    signals: signals.map(({ id, version }) => `${id} v${version}`).join(" ") || "-",
  }));
}
