import { z } from "zod";
import { Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import { type Route, route } from "../http/route.ts";
import { INTERVAL_MS_MAX, INTERVAL_MS_MIN, MODES } from "../protocol/requests.ts";
import { SLOW_POLICIES } from "../protocol/slow_policy.ts";
import type { ConnectedClients } from "./connected_clients.ts";
import { CONNECTION, ENDED_CONNECTION } from "../protocol/connection.ts";

const ONE = {
  params: { id: z.int().min(1).describe("Number of the connection.") },
  examples: { id: "1" },
} as const;
const ADMIN = { tag: "Administration", role: "operator" } as const;

/** Returns the routes that manage connected clients, for operators or the local machine. */
export function clientRoutes(clients: ConnectedClients): Route[] {
  return [
    route({
      ...{ path: "/v1/admin/clients", id: "listConnections", ...ADMIN },
      summary: "Lists the stream's connections",
      query: { slow: z.boolean().default(false).describe("Only those that are or were slow.") },
      answers: { 200: { schema: z.strictObject({ clients: z.array(CONNECTION) }) } },
      handler: ({ query }) => json({ clients: clients.list(query.slow) }),
    }),
    route({
      ...{ path: "/v1/admin/clients/history", id: "listEndedConnections", ...ADMIN },
      summary: "Lists closed connections, newest first",
      query: { limit: z.int().min(1).max(1000).default(100) },
      answers: { 200: { schema: z.strictObject({ clients: z.array(ENDED_CONNECTION) }) } },
      handler: ({ query }) => json({ clients: clients.history(query.limit) }),
    }),
    route({
      ...{ path: "/v1/admin/clients/{id}", id: "getConnection", ...ADMIN, ...ONE },
      summary: "Shows one connection",
      answers: { 200: { schema: CONNECTION } },
      handler: ({ params: { id } }) => json(clients.show(id) ?? unknownClient(id)),
    }),
    disconnectRoute(clients),
    modeRoute(clients),
  ];
}

function disconnectRoute(clients: ConnectedClients): Route {
  return route({
    ...{ path: "/v1/admin/clients/{id}/disconnect", id: "disconnectConnection", ...ADMIN, ...ONE },
    method: "POST",
    changes: "client-actions",
    summary: "Closes a connection, with a message to the client",
    answers: { 200: { schema: z.strictObject({ disconnected: z.int() }) } },
    handler: ({ params: { id } }) => {
      if (!clients.disconnect(id)) unknownClient(id);
      return json({ disconnected: id });
    },
  });
}

function modeRoute(clients: ConnectedClients): Route {
  return route({
    ...{ path: "/v1/admin/clients/{id}/mode", id: "setConnectionMode", ...ADMIN, ...ONE },
    method: "POST",
    changes: "client-actions",
    summary: "Changes the delivery mode of a connection, with a message to the client",
    query: {
      mode: z.enum(MODES),
      interval_ms: z.int().min(INTERVAL_MS_MIN).max(INTERVAL_MS_MAX).optional(),
      policy: z.enum(SLOW_POLICIES).optional().describe("Policy when it is slow."),
    },
    answers: { 200: { schema: CONNECTION } },
    handler: ({ params: { id }, query }) => {
      const changed = clients.setMode(id, query);
      if (changed === "busy") {
        const hint = "try again in a moment";
        throw new Problem("CLIENT_BUSY", "The client is still receiving what it missed", {
          status: 503,
          hint,
          headers: {
            "retry-after": "1",
          },
        });
      }
      return json(changed ?? unknownClient(id));
    },
  });
}

function unknownClient(id: number): never {
  const hint = "see /v1/admin/clients, or /v1/admin/clients/history for those that are gone";
  throw new Problem("UNKNOWN_CLIENT", `No client ${id} is connected`, { status: 404, hint });
}
