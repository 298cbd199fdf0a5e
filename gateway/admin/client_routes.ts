import { suggestion } from "@ssmd/runtime";
import { checkQuery, intQuery, Problem } from "../rest/problem.ts";
import { json } from "../rest/reply.ts";
import type { Route } from "../rest/router.ts";
import { type Mode, MODES } from "../stream/request.ts";
import { checkPolicy } from "../stream/connection_query.ts";
import { RequestError } from "../stream/request_error.ts";
import type { ConnectedClients, ModeChange } from "./client_admin.ts";

/** The administration of connected clients: for this machine, or for keys of administrators. */
export function clientRoutes(clients: ConnectedClients): Route[] {
  return [
    {
      path: "/v1/admin/clients",
      role: "admin",
      handler: ({ query }) => {
        checkQuery(query, ["slow"]);
        return json({ clients: clients.list(query.get("slow") === "true") });
      },
    },
    {
      path: "/v1/admin/clients/history",
      role: "admin",
      handler: ({ query }) => {
        checkQuery(query, ["limit"]);
        const limit = intQuery(query, "limit", 100, { min: 1, max: 1000 });
        return json({ clients: clients.history(limit) });
      },
    },
    {
      path: "/v1/admin/clients/{id}",
      role: "admin",
      handler: ({ params, query }) => {
        checkQuery(query, []);
        return json(clients.show(Number(params["id"])) ?? unknownClient(params["id"]));
      },
    },
    {
      method: "POST",
      path: "/v1/admin/clients/{id}/disconnect",
      role: "admin",
      handler: ({ params, query }) => {
        checkQuery(query, []);
        if (!clients.disconnect(Number(params["id"]))) unknownClient(params["id"]);
        return json({ disconnected: Number(params["id"]) });
      },
    },
    {
      method: "POST",
      path: "/v1/admin/clients/{id}/mode",
      role: "admin",
      handler: ({ params, query }) => {
        checkQuery(query, ["mode", "interval_ms", "policy"]);
        const changed = clients.setMode(Number(params["id"]), modeChange(query));
        if (changed === "busy") {
          const hint = "try again in a moment";
          throw new Problem(503, "CLIENT_BUSY", "it is being given what it missed", hint);
        }
        return json(changed ?? unknownClient(params["id"]));
      },
    },
  ];
}

function unknownClient(id: string | undefined): never {
  const hint = "see /v1/admin/clients, or /v1/admin/clients/history for those that are gone";
  throw new Problem(
    404,
    "UNKNOWN_CLIENT",
    `no client ${String(id).slice(0, 32)} is connected`,
    hint,
  );
}

function modeChange(query: URLSearchParams): ModeChange {
  const mode = query.get("mode") ?? "";
  if (!MODES.includes(mode as Mode)) {
    const hint = suggestion(mode.slice(0, 32), MODES);
    throw new Problem(400, "INVALID_PARAMETER", "mode is none that there is", hint);
  }
  const change: ModeChange = { mode: mode as Mode };
  if (query.has("interval_ms")) {
    change.intervalMs = intQuery(query, "interval_ms", 100, { min: 10, max: 60_000 });
  }
  const policy = query.get("policy");
  if (policy !== null) {
    const checked = checkPolicy(policy);
    if (checked instanceof RequestError) {
      throw new Problem(400, "INVALID_PARAMETER", checked.message, checked.hint);
    }
    change.policy = checked;
  }
  return change;
}
