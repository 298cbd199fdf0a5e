import { simulatedKalshi } from "./kalshi/venue.ts";
import { simulatedKraken } from "./kraken/venue.ts";
import { simulatedPolymarket } from "./polymarket/venue.ts";
import type { SimulatedVenueId } from "./options.ts";
import type { SimulatedVenue } from "./venue.ts";

/** All simulated venues. A new one is one folder, its id in the options, and one line here. */
export const VENUES: Readonly<Record<SimulatedVenueId, SimulatedVenue>> = {
  kraken: simulatedKraken,
  kalshi: simulatedKalshi,
  polymarket: simulatedPolymarket,
};
