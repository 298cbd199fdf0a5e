import type { Access } from "../access/access.ts";
import { mayActAs, roleMissing } from "../access/role.ts";
import { checkedBody } from "./body.ts";
import type { Reply } from "./reply.ts";
import type { RouteAudit } from "./route_audit.ts";
import { endpointOf, type Router } from "./router.ts";
import { type AskRoute, type Json, queryOf } from "./ask.ts";

const UTF8 = new TextDecoder();

/** Returns a caller of routes in the process, with the same checks and entitlements as HTTP. */
export function askRouter(
  { router, audit }: { router: Router; audit: RouteAudit },
  access: Access,
  program = "",
): AskRoute {
  return async (request) => {
    const { method = "GET", path, body } = request;
    const found = router.find(path);
    const { route, params, query } = endpointOf(found, method);
    if (!mayActAs(access.role, route.role)) throw roleMissing(access, route.role);
    const given = queryOf(request);
    const call = { client: access.client, address: program, params: found.params, query: given };
    const reply = await audit.run(route, call, () =>
      route.handler({
        params: params.check(found.params),
        query: query.ofQuery(given),
        body: route.body === undefined ? undefined : checkedBody(body, route.body),
        access,
        headers: program === "" ? {} : { "x-ssmd-program": program },
        isEncrypted: false,
        address: "",
      }));
    return jsonOf(reply);
  };
}

function jsonOf({ body }: Reply): Json {
  if (body instanceof ReadableStream) throw new TypeError("a stream is no JSON");
  return JSON.parse(typeof body === "string" ? body : UTF8.decode(body));
}
