import { ConfigError, countFreeDescriptors, type Logger } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "./limits.ts";

/** Maximum of connections. */
export interface ConnectionLimits {
  /** Streams. */
  clientsMax: number;
  /** Sockets, streams among them. */
  connectionsMax: number;
}

/**
 * The limits that fit into the descriptors of this process: without one nothing more is accepted,
 * for ever and silently. Fewer than GATEWAY_LIMITS are logged; throws ConfigError
 * `DESCRIPTORS_TOO_FEW` where it is not worth to start. `dir` is any folder that may be read.
 */
export function connectionLimits(dir: string, logger: Logger): ConnectionLimits {
  const { clientsMax, connectionsMax, descriptorsReserved, connectionsMin } = GATEWAY_LIMITS;
  const free = countFreeDescriptors(dir, connectionsMax + descriptorsReserved);
  if (free === undefined) return { clientsMax, connectionsMax };
  const fits = free - descriptorsReserved;
  if (fits >= connectionsMax) return { clientsMax, connectionsMax };
  const context = { descriptors_free: free, reserved: descriptorsReserved };
  if (fits < connectionsMin) {
    throw new ConfigError(
      "DESCRIPTORS_TOO_FEW",
      `Only ${free} file descriptors are free: too few to serve`,
      { hint: `Raise the limit, at least: ulimit -n 1024; for all clients 16384`, context },
    );
  }
  // The same share as without the limit: REST keeps sockets of its own.
  const limits = {
    clientsMax: Math.floor(fits * clientsMax / connectionsMax),
    connectionsMax: fits,
  };
  logger.warn("fewer clients may connect: file descriptors are few (ulimit -n)", {
    ...context,
    clients_max: limits.clientsMax,
    connections_max: limits.connectionsMax,
  });
  return limits;
}
