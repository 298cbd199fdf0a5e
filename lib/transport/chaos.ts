import { Chaos, type Health, type Logger, TransportError, withMembers } from "@ssmd/runtime";
import type { Transport } from "./transport.ts";

/**
 * `transport`, or where SSMD_CHAOS_… asks for it one whose questions fail now and then. What is
 * published and consumed fails where it does in earnest: connections to a server are slow and drop.
 */
export function withChaos(
  transport: Transport,
  options: { logger: Logger; health: Health },
): Transport {
  const chaos = Chaos.ofService("transport", { ...options, error: TransportError });
  if (chaos === undefined) return transport;
  const failing = chaos.disturb(transport, ["state", "last", "keyValue", "request"]);
  return withMembers(failing, {
    async *read(options) {
      await chaos.strike("read");
      yield* transport.read(options);
    },
  });
}
