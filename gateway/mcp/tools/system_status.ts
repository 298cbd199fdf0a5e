import { fitting, type Found } from "../answer.ts";
import { type Json, listIn } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { newestMs } from "./condition.ts";

/** Tool for the status of feeds and services. */
export const SYSTEM_STATUS = defineTool({
  name: "system_status",
  role: "viewer",
  description: "Feeds, connections, services: what works now.",
  input: {},
  run: async (_, ask) => {
    const [{ env, version }, answer, readiness] = await Promise.all([
      ask({ path: "/v1/info" }),
      ask({ path: "/v1/feeds" }),
      ask({ path: "/health/ready" }),
    ]);
    const feeds = listIn(answer, "feeds");
    const found = (kept: readonly Json[]): Found => ({
      data: {
        ...{ env, version, ready: readiness["ready"] },
        problems: listIn(readiness, "conditions").map(({ reason, ...condition }) => ({
          ...condition,
          why: reason,
        })),
        feeds: kept.map(({ gap, ...feed }) => ({ ...feed, ...(gap === null ? {} : { gap }) })),
      },
      condition: readiness["ready"] === true && feeds.every(isLive) ? "live" : "suspect",
      newestMs: newestMs(feeds, "updated"),
      ...(kept.length < feeds.length ? { truncated: true } : {}),
    });
    return fitting(feeds, found).answer;
  },
});

function isLive({ connection, gap }: Json): boolean {
  return (connection as Json)["state"] === "live" && gap === null;
}
