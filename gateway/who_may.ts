import type { Environment } from "@ssmd/metadata";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import type { Role } from "./access/role.ts";
import { routesOf } from "./gateway.ts";
import type { Route } from "./http/route.ts";
import { TOOLS } from "./mcp/tools/index.ts";
import { REQUEST_ROLES } from "./protocol/requests.ts";

/** An action of a gateway and the role it requires. */
export interface GatewayAction {
  kind: "route" | "stream" | "tool";
  /** `GET /v1/markets`, `stream subscribe`, `tool get_market`. */
  name: string;
  role: Role;
}

/** Returns each action with the role from its declaration. */
export function actionsOf(routes: readonly Route[]): GatewayAction[] {
  return [
    ...routes.map(({ method, path, role }) =>
      ({ kind: "route", name: `${method} ${path}`, role }) as const
    ),
    ...Object.entries(REQUEST_ROLES).map(([action, role]) =>
      ({ kind: "stream", name: `stream ${action}`, role }) as const
    ),
    ...[...TOOLS.values()].map(({ info, role }) =>
      ({ kind: "tool", name: `tool ${info.name}`, role }) as const
    ),
  ];
}

/** Returns the actions of an environment's gateway and their roles, without running one. */
export async function gatewayActions(
  environment: Environment,
  registryDir: string,
): Promise<GatewayAction[]> {
  const transport = memoryTransport();
  const routes = await routesOf({
    ...{ env: environment.name, environment, registryDir, transport, host: "127.0.0.1", port: 0 },
    ...{ feeds: [], markets: [], logger: silentLogger, metrics: new Metrics("gateway") },
    // With storage, as some routes are those of an archive.
    ...{ version: "", storage: memoryStorage() },
  });
  await transport.close();
  return actionsOf(routes);
}
