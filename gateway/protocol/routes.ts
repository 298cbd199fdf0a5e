import { z } from "zod";
import { JSON_HEADERS } from "../http/reply.ts";
import { type Route, route } from "../http/route.ts";
import { StaticBody } from "../http/static_body.ts";

/** Returns the route of the stream's description, generated on first use: schemas load slowly. */
export function protocolRoutes(version: string): Route[] {
  let body: StaticBody | undefined;
  return [
    route({
      path: "/asyncapi.json",
      id: "getAsyncApi",
      tag: "Service",
      role: "public",
      summary: "Describes the stream's messages (AsyncAPI 3)",
      answers: { 200: { schema: z.looseObject({ asyncapi: z.string() }) } },
      handler: async ({ headers }) => {
        const { asyncApi } = await import("./asyncapi.ts");
        body ??= new StaticBody(JSON.stringify(asyncApi(version)), JSON_HEADERS);
        return body.reply(headers);
      },
    }),
  ];
}
