import { z } from "zod";
import type { TransformsClient } from "../../bus/transforms_client.ts";
import { named } from "../../http/named.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { HINTS } from "../schemas/common.ts";

const TRANSFORM_LIST = named(
  "TransformList",
  "Stored transforms: formats that customers have written, for streams, pages and exports.",
  z.strictObject({
    transforms: z.array(z.strictObject({
      name: z.string(),
      language: z.enum(["ts", "lua"]),
      source_hash: z.string().describe("SHA-256 of its source, hex."),
    })),
    _hints: HINTS,
  }),
);

const HINT = "Give a name as transform: to a subscription, or to trades and tickers of a market.";

/** Returns the route that lists transforms. */
export function transformRoutes(client: TransformsClient): Route[] {
  return [
    route({
      ...{ path: "/v1/transforms", id: "listTransforms", tag: "Metadata" },
      summary: "Lists stored transforms: customers' own formats of records",
      answers: {
        200: {
          schema: TRANSFORM_LIST,
          example: {
            transforms: [{ name: "desk_csv", language: "lua", source_hash: "9f".repeat(32) }],
            _hints: [HINT],
          },
        },
      },
      handler: async () => json({ transforms: [...await client.list()], _hints: [HINT] }),
    }),
  ];
}
