import { venueOfParser } from "@ssmd/exchanges";
import type { Deployment } from "@ssmd/metadata";
import type { Logger } from "@ssmd/runtime";
import { loadModule } from "../load_module.ts";
import type { Captures, FeedPlan } from "./feed_plan.ts";

/** One plan per feed of the environment, or of the captures if there are any. */
export async function planFeeds(
  deployment: Deployment,
  captures: Captures,
  logger: Logger,
): Promise<FeedPlan[]> {
  if (captures.files.length > 0) {
    const path = "./up/capture_plans.ts";
    const { planCaptures } = await loadModule<typeof import("./capture_plans.ts")>(path);
    return await planCaptures(captures, logger);
  }
  const { environment } = deployment;
  return environment.feeds.map((id) => {
    const { parser, ...feed } = deployment.feed(id);
    const plan = { ...feed, venue: venueOfParser(parser), normalizer: parser };
    return environment.simulator ? { ...plan, isSimulated: true } : plan;
  });
}
