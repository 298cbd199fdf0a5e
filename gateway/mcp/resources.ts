import type { Found } from "./answer.ts";
import { type AskRoute, listIn } from "../http/ask.ts";
import { newestMs } from "./tools/condition.ts";
import { GET_SIGNAL_HISTORY } from "./tools/get_signal_history.ts";
import { GET_MARKET } from "./tools/get_market.ts";
import { SYSTEM_STATUS } from "./tools/system_status.ts";

/** A resource or template in listed form. */
interface ResourceInfo {
  name: string;
  description: string;
  mimeType: string;
}

const JSON_TYPE = { mimeType: "application/json" } as const;

/** Resources with a fixed URI. */
export const RESOURCES: readonly (ResourceInfo & { uri: string })[] = [
  { uri: "ssmd://feeds", name: "feeds", description: "Feeds and how they are", ...JSON_TYPE },
  { uri: "ssmd://status", name: "status", description: "As system_status says", ...JSON_TYPE },
];

/** Resources with a name in their URI. */
export const RESOURCE_TEMPLATES: readonly (ResourceInfo & { uriTemplate: string })[] = [
  {
    uriTemplate: "ssmd://instruments/{symbol}",
    name: "instrument",
    description: "One market, as get_market says",
    ...JSON_TYPE,
  },
  {
    uriTemplate: "ssmd://signals/{id}/fires",
    name: "fires",
    description: "Fires of a signal, as get_signal_history says",
    ...JSON_TYPE,
  },
];

/** Returns the reader of a resource; undefined = unknown URI. */
export function readResource(uri: string): ((ask: AskRoute) => Promise<Found>) | undefined {
  const signal = decoded(/^ssmd:\/\/signals\/([^/]+)\/fires$/.exec(uri)?.[1] ?? "");
  if (signal) return (ask) => GET_SIGNAL_HISTORY.run({ id: signal }, ask);
  const [, kind = "", name] = /^ssmd:\/\/([a-z]+)(?:\/([^/]+))?$/.exec(uri) ?? [];
  if (kind === "feeds" && name === undefined) return readFeeds;
  if (kind === "status" && name === undefined) return (ask) => SYSTEM_STATUS.run({}, ask);
  if (kind !== "instruments" || name === undefined) return undefined;
  const symbol = decoded(name);
  return symbol === undefined ? undefined : (ask) => GET_MARKET.run({ symbol }, ask);
}

async function readFeeds(ask: AskRoute): Promise<Found> {
  const answer = await ask({ path: "/v1/feeds" });
  const feeds = listIn(answer, "feeds");
  return { data: { feeds }, condition: "live", newestMs: newestMs(feeds, "updated") };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
