import { z } from "zod";
import { json } from "../rest/reply.ts";
import { type Route, route } from "../rest/route.ts";

/** The description of the stream; made when it is first asked for, as schemas take time to load. */
export function protocolRoutes(version: string): Route[] {
  let document: Record<string, unknown> | undefined;
  return [
    route({
      path: "/asyncapi.json",
      id: "getAsyncApi",
      tag: "Service",
      role: "public",
      summary: "The stream's messages (AsyncAPI 3)",
      answers: { 200: { schema: z.looseObject({ asyncapi: z.string() }) } },
      handler: async () => {
        const { asyncApi } = await import("./asyncapi.ts");
        return json(document ??= asyncApi(version));
      },
    }),
  ];
}
