import type { InstrumentFile } from "@ssmd/metadata";
import { VenueError } from "@ssmd/runtime";
import type { AskRest, CatalogueRequest } from "../adapter.ts";
import { objectOf, timeOf } from "./rest_answers.ts";

/**
 * The exchange itself: whether it trades, its hours and its maintenance windows, each kept as the venue
 * says it. `opens` is when it means to go on.
 */
export async function kalshiExchange(
  ask: AskRest,
  { feed, known }: Pick<CatalogueRequest, "feed" | "known">,
): Promise<InstrumentFile> {
  const status = await statusOf(ask);
  const schedule = objectOf(objectOf(await askUnlessDown(ask, "/exchange/schedule"))?.["schedule"]);
  const isOpen = status["exchange_active"] === true && status["trading_active"] === true;
  const opens = timeOf(status["exchange_estimated_resume_time"]);
  return {
    ...{ id: feed, name: "Kalshi, the exchange", asset_class: "venue" },
    versions: [{
      ...{ effective: known, known, state: isOpen ? "open" : "halted" },
      ...(opens === undefined ? {} : { opens }),
      venue: { status, ...(schedule === undefined ? {} : { schedule }) },
    }],
    mappings: [{ feed, external: "_exchange", from: known, known }],
  };
}

/** In maintenance the venue may answer its status with an error of the server. */
async function statusOf(ask: AskRest): Promise<Record<string, unknown>> {
  const down = { exchange_active: false, trading_active: false };
  return objectOf(await askUnlessDown(ask, "/exchange/status")) ?? down;
}

async function askUnlessDown(ask: AskRest, path: string): Promise<unknown> {
  try {
    return await ask(path);
  } catch (error) {
    if (error instanceof VenueError && Number(error.context["status"]) >= 500) return undefined;
    throw error;
  }
}
