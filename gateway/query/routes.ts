import { z } from "zod";
import type { Access } from "../access/access.ts";
import type { AskRoute } from "../http/ask.ts";
import { json, uncached } from "../http/reply.ts";
import { type Route, route } from "../http/route.ts";
import { named } from "../http/named.ts";
import { answerQuestion } from "./answer.ts";

/** Maximum length of a question, characters. */
const QUESTION_CHARACTERS_MAX = 500;

/** Answer to a question in words. */
export const ANSWERED = named(
  "AnsweredQuestion",
  "An answer to a question in words, with what was understood. What is not understood is said.",
  z.strictObject({
    understood: z.boolean(),
    interpretation: z.string().describe("How the question was understood, or why it was not."),
    query: z.strictObject({
      method: z.literal("GET"),
      path: z.string(),
      query: z.record(z.string(), z.union([z.string(), z.number()])),
    }).nullable().describe("The structured query; null = not understood."),
    results: z.looseObject({}).nullable(),
    suggestions: z.array(z.string())
      .describe("Suggested next questions; three examples if the question was not understood."),
  }),
);

/** Returns the route of questions in words. */
export function questionRoute(askAs: (access: Access) => AskRoute): Route {
  return route({
    ...{ method: "POST", path: "/v1/query", id: "askQuestion", tag: "Markets" },
    summary: "Answers a question in plain words: prices, spreads, volumes, gaps, coverage, markets",
    body: z.strictObject({ text: z.string().min(1).max(QUESTION_CHARACTERS_MAX) }),
    answers: { 200: { schema: ANSWERED } },
    handler: async ({ body: { text }, access }) =>
      uncached(json<z.output<typeof ANSWERED>>(await answerQuestion(text, askAs(access)))),
  });
}
