import { fitting, type Found } from "../answer.ts";
import { type AskRoute, type Json, listIn, type RestRequest } from "../../http/ask.ts";

/** Requests after which the limit is at least halved: records may change between two of them. */
const MEASURED_TRIES = 5;

/** A paged list of a route. */
interface Paged {
  request: RestRequest & { query: { limit: number } };
  /** Name of the list in the route's answer. */
  list: string;
  /** Builds the tool's answer from these records. */
  found: (records: readonly Json[], answer: Json) => Found;
}

/**
 * Returns a page of a list that fits into an answer. A page that is too long is requested again
 * with a smaller limit over the same span, so that the route's cursor continues at its end. It
 * ends: one record is always a page.
 */
export async function askPage(ask: AskRoute, { request, list, found }: Paged): Promise<Found> {
  let query: RestRequest["query"] = request.query;
  let limit = request.query.limit;
  for (let tries = 1;; tries++) {
    const answer = await ask({ ...request, query: { ...query, limit } });
    const records = listIn(answer, list);
    const next = answer["next"];
    const complete = (kept: readonly Json[]): Found => ({
      ...found(kept, answer),
      ...(typeof next === "string" ? { nextCursor: next } : {}),
    });
    const { answer: page, count } = fitting(records, complete);
    if (count === records.length) return page;
    limit = tries < MEASURED_TRIES ? count : Math.min(count, limit >> 1);
    const { from, to } = answer;
    if (typeof from === "number" && typeof to === "number" && query?.["cursor"] === undefined) {
      query = { ...query, from, to };
    }
  }
}
