import type { Command } from "@stricli/core";
import { limitCommand } from "../client/limit_command.ts";
import type { SsmdContext } from "../context.ts";

/** `ssmd client rate-limit` */
export const command: Command<SsmdContext> = limitCommand({
  verb: "rate-limit",
  brief: "Show or set how many requests a second a client may send",
  more:
    "REST requests and requests on streams count together, over all its connections; bursts of " +
    "twice as many pass. Beyond it a request is refused with 429 RATE_LIMITED. none = 100 a second.",
  examples: ["ssmd client rate-limit desk", "ssmd client rate-limit desk 20"],
  counted: "Requests a second",
  limit: "requestsPerSecondMax",
  view: (_room, _client, most) => Promise.resolve({ requests_per_second_max: most }),
});
