import { ConfigError, freeDescriptors, type Logger } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "./limits.ts";

/** Maximum number of connections. */
export interface ConnectionLimits {
  /** Stream clients. */
  clientsMax: number;
  /** Sockets, including those of streams. */
  connectionsMax: number;
}

/**
 * Returns the limits that fit into this process's file descriptors: a process without free ones
 * silently stops accepting. Logs a warning below GATEWAY_LIMITS; throws ConfigError
 * `DESCRIPTORS_TOO_FEW` below `connectionsMin`. `dir` is any readable folder.
 */
export function connectionLimits(dir: string, logger: Logger): ConnectionLimits {
  const { clientsMax, connectionsMax, descriptorsReserved, connectionsMin } = GATEWAY_LIMITS;
  const free = freeDescriptors(dir, connectionsMax + descriptorsReserved);
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
  // Keep the ratio of the defaults: REST needs sockets of its own.
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
