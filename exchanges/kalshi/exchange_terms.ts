import type { InstrumentFile } from "@ssmd/metadata";
import { VenueError } from "@ssmd/runtime";
import type { AskRest, CatalogueRequest } from "../adapter.ts";
import { objectOf, timeOf } from "./rest_answers.ts";

/**
 * Returns the exchange itself as an instrument: trading state, hours and maintenance windows, as
 * the venue sends them. `opens` = estimated time of resumption.
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

/** The venue's status; inactive if it answers with a server error, as in maintenance. */
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
