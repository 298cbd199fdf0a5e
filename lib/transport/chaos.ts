import { Chaos, type Health, type Logger, TransportError, withMembers } from "@ssmd/runtime";
import type { Transport } from "./transport.ts";

/**
 * Wraps `transport` with random request failures when SSMD_CHAOS_… is set. Publishing and consuming
 * fail at their real weak point: server connections become slow and drop.
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
