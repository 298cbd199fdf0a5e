import { isIP } from "node:net";
import { z } from "zod";
import { type AccountChange, type Block, confirmations, groupOf } from "@ssmd/gateway/access";
import { isLoopback } from "@ssmd/runtime";
import { changeClients, type ClientLocation } from "../client/client_context.ts";
import { isoOrNull } from "../client/views.ts";
import { parsed } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { isoOfMs } from "../format.ts";

/** Address argument, in the store's format. */
export const ADDRESS = parsed(parseAddress, "IPv4 address, or IPv6 address for its /64 network", {
  placeholder: "address",
  required: true,
});

/** Blocked address as printed. */
export const BLOCK_VIEW = z.object({
  address: z.string(),
  reason: z.string(),
  since: z.string(),
  until: z.string().nullable(),
  state: z.enum(["blocked", "over"]),
});

/** Block or unblock and whether all gateways apply it. */
export const BLOCK_CHANGE = z.object({
  address: z.string(),
  blocked: z.boolean(),
  until: z.string().nullable(),
  gateways: z.int().describe("Gateways that run"),
  confirmed: z.boolean().describe("Whether every gateway applies it"),
});

/** See {@linkcode BLOCK_VIEW}. */
export function blockView({ address, reason, createdAtMs, untilMs }: Block) {
  const state = (untilMs ?? Infinity) > Date.now() ? "blocked" as const : "over" as const;
  return { address, reason, since: isoOfMs(createdAtMs), until: isoOrNull(untilMs), state };
}

/** Blocks an address, or unblocks it when `block` is undefined, and waits for each gateway to confirm. */
export async function changeBlock(
  context: SsmdContext,
  location: ClientLocation,
  { address, block }: { address: string; block: Block | undefined },
): Promise<z.output<typeof BLOCK_CHANGE>> {
  const change: AccountChange = block === undefined
    ? { delete: "block", id: address }
    : { put: "block", block };
  const action = { action: block === undefined ? "unblock-ip" : "block-ip" };
  return await changeClients(context, location, {
    action,
    body: async ({ admin, store }) => {
      await admin.change(() => [change]);
      const gateways = await confirmations(store);
      return {
        ...{ address, blocked: block !== undefined, until: isoOrNull(block?.untilMs ?? null) },
        gateways: gateways.length,
        confirmed: gateways.every(({ confirmed }) => confirmed),
      };
    },
  });
}

function parseAddress(text: string): string {
  if (isIP(text) === 0) throw new RangeError("an address is 192.0.2.1 or 2001:db8::1");
  if (isLoopback(text)) throw new RangeError("this machine itself is not blocked");
  return groupOf(text);
}
