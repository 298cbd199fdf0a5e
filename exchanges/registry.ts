import type { Venue } from "./adapter.ts";
import { kalshi } from "./kalshi/mod.ts";
import { kraken } from "./kraken/mod.ts";

/** All venues by id. A new venue is one folder, one feed file and one line here. */
export const VENUES: Readonly<Record<string, Venue>> = { kraken, kalshi };
