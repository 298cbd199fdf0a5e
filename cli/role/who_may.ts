import { gatewayActions } from "@ssmd/gateway/who_may";
import { type ClientRole, mayActAs, type Role, Roles } from "@ssmd/gateway/access";
import { type Rbac, RBAC_FILE } from "@ssmd/metadata";
import { z } from "zod";
import { loadCatalogue } from "../catalogue/load.ts";
import { type ClientLocation, readClients } from "../client/client_context.ts";
import type { SsmdContext } from "../context.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

/** Action and the role it requires. */
export const ACTION = z.object({
  kind: z.enum(["route", "stream", "tool", "command"]),
  action: z.string().describe("GET /v1/markets, stream subscribe, tool get_market, client list"),
  needs: z.string().describe("Role; public = no key required"),
});

type Action = z.output<typeof ACTION> & { needs: Role };

/** Role binding of a principal: `desk` (a client's keys), `token:claim=value` or `certificate:subject`. */
export const BINDING = z.object({
  principal: z.string(),
  role: z.string(),
  client: z.string().describe("Whose entitlements and limits apply"),
});

/** All actions of an environment's gateway, and the commands that call it. */
export async function allActions(context: SsmdContext, env: string): Promise<Action[]> {
  const registry = await Registry.open(context.globals);
  const own = await gatewayActions(environmentOf(registry, env), registry.dir);
  const roles = new Map(own.map(({ name, role }) => [name, role]));
  const { commands } = await loadCatalogue();
  return [
    ...own.map(({ kind, name, role }) => ({ kind, action: name, needs: role })),
    ...commands.flatMap(({ name, asks = [] }) => {
      const needs = asks.map((ask) => roles.get(ask) ?? "superadmin")
        .toSorted((a, b) => mayActAs(a, b) ? -1 : 1)[0];
      return needs === undefined ? [] : [{ kind: "command", action: name, needs } as const];
    }),
  ];
}

/** Role bindings from the roles file, or from the client store without one. */
export async function allBindings(
  context: SsmdContext,
  flags: ClientLocation,
): Promise<z.output<typeof BINDING>[]> {
  const rbac = await rbacOf(context, flags.env);
  const roles = new Roles(rbac);
  const clients = await readClients(context, flags, async ({ admin }) => {
    const known = new Map((await admin.accounts()).clients.map(({ id, role }) => [id, role]));
    const named = Object.keys(rbac?.clients ?? {});
    return [...new Set([...named, ...known.keys()])].sort()
      .map((id) => ({ id, role: known.get(id) ?? "client" as ClientRole }));
  });
  return [
    ...clients.map((each) => ({
      ...{ principal: each.id, role: roles.ofClient(each), client: each.id },
    })),
    ...(rbac?.tokens ?? []).map(({ claim, value, role, client }) => ({
      ...{ principal: `token:${claim}=${value}`, role, client },
    })),
    ...(rbac?.certificates ?? []).map(({ subject, role, client }) => ({
      ...{ principal: `certificate:${subject}`, role, client },
    })),
  ];
}

async function rbacOf(context: SsmdContext, env: string): Promise<Rbac | undefined> {
  const registry = await Registry.open(context.globals);
  return registry.names("rbac").includes(env) ? registry.valid("rbac", RBAC_FILE, env) : undefined;
}
