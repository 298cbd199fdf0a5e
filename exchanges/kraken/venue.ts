import { krakenCatalogue } from "./catalogue.ts";
import type { Venue } from "../adapter.ts";
import { KrakenNormalizer } from "./normalize.ts";
import { pingFrame } from "./subscribe.ts";
import { externalProblem, symbolOf } from "./symbols.ts";

/** Kraken spot. Public: no credentials. Sends a heartbeat every second once subscribed. */
export const kraken: Venue = {
  id: "kraken",
  endpoint: "wss://ws.kraken.com/v2",
  credentials: [],
  handshake: (endpoint) => Promise.resolve({ url: endpoint, headers: {} }),
  // The venue bans an address at about 150 connections in ten minutes.
  connects: { burst: 50, refillMs: 6_000 },
  externalProblem,
  bookChecksum: true,
  keepAlive: { intervalMs: 15_000, frame: pingFrame },
  silenceMsMax: 10_000,
  symbolOf,
  catalogue: krakenCatalogue,
  normalizers: [{
    id: "kraken-v2",
    from: "2023-01-01",
    create: (options) => new KrakenNormalizer(options),
  }],
};
