import { ANSWERED } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";

export default defineCommand({
  name: "ask",
  brief: "Ask a running gateway in plain words: prices, spreads, volumes, gaps, coverage, markets",
  description:
    "Prints how the question was understood, the query made from it, and the results. It " +
    "never guesses: when a word is not understood, it prints three examples and exits with " +
    "code 1. Times are UTC. If the gateway requires keys, set SSMD_API_KEY.",
  shippedRegistry: true,
  examples: ["ssmd ask price of bitcoin", "ssmd ask 'gaps of BTCUSD today' --output json"],
  flags: GATEWAY_FLAGS,
  args: { each: text("Words of the question", { placeholder: "word" }) },
  output: ANSWERED,
  table: ({ understood, interpretation, query, results, suggestions }) => ({
    text: [
      interpretation,
      ...(query === null ? [] : [`${query.method} ${query.path}?${queryText(query.query)}`]),
      ...(results === null ? [] : [JSON.stringify(results, null, 2)]),
      `${understood ? "ask next" : "for example"}: ${suggestions.join(" · ")}`,
      "",
    ].join("\n"),
  }),
  failed: ({ understood }) => !understood,
  asks: ["POST /v1/query"],
  async run({ flags, args, context }) {
    if (args.length === 0) {
      throw new UsageError("QUESTION_MISSING", "No question is given", {
        hint: "For example: ssmd ask price of bitcoin",
      });
    }
    const question = { text: args.join(" ") };
    return ANSWERED.parse(await askGateway(context, flags, ["POST", "/v1/query", question]));
  },
});

function queryText(query: Readonly<Record<string, string | number>>): string {
  return new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    .toString();
}
