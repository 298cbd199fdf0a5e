import { venueNamed } from "@ssmd/exchanges";
import { type InstrumentFile, loadSharedDeployment } from "@ssmd/metadata";
import { VenueError } from "@ssmd/runtime";
import { openTransport } from "@ssmd/transport";
import { BusInstruments, type InstrumentStore } from "./bus_instruments.ts";
import { type SyncCounts, synchronize } from "./synchronize.ts";
import { askVenueRest } from "./venue_rest.ts";

/** What to synchronize from a venue. */
interface CatalogueSync {
  venue: string;
  /** Feed of the names; default the venue's. */
  feed?: string | undefined;
  /** One series only, where the venue has series. */
  series?: string | undefined;
  /** Also include pairs of tokenized assets. */
  tokenized?: boolean | undefined;
  /** Only changes since this time, seconds since 1970. */
  sinceS?: number | undefined;
  /** Base URL instead of the venue's. */
  url?: string | undefined;
  /** Signs requests; absent = public data. */
  credentials?: Record<string, string> | undefined;
}

/** Where instruments are written, and what is already known. */
interface SyncTarget {
  store: InstrumentStore;
  /** Instruments of the registry's files, known besides the store. */
  files: ReadonlyMap<string, InstrumentFile>;
  /** Write nothing. */
  dryRun?: boolean;
  onPage?: (counts: SyncCounts) => void;
}

/** Writes what changed in a venue's REST catalogue. Throws VenueError, and as the store does. */
export async function syncCatalogue(
  { venue: id, feed = id, series, tokenized = false, sinceS, url, credentials }: CatalogueSync,
  target: SyncTarget,
): Promise<SyncCounts> {
  const venue = venueNamed(id);
  const { catalogue } = venue;
  if (catalogue === undefined) {
    throw new VenueError("CATALOGUE_MISSING", `${id} has no catalogue of its markets`, {
      hint: "`ssmd help secmaster sync` lists the venues that have one",
    });
  }
  return await synchronize({
    ...{ ...target, catalogue },
    ask: askVenueRest({
      ...{ venue, url: url ?? catalogue.url, perSecond: catalogue.perSecond },
      ...(credentials === undefined ? {} : { credentials }),
    }),
    request: {
      ...{ feed, known: new Date().toISOString(), tokenized },
      ...(series === undefined ? {} : { series }),
      ...(sinceS === undefined ? {} : { updatedSinceS: sinceS }),
    },
  });
}

/** Opens the security master on an environment's bus during `action`. Throws as the bus does. */
export async function withBusInstruments<T>(
  { env, registryDir }: { env: string; registryDir: string },
  action: (store: BusInstruments) => Promise<T>,
): Promise<T> {
  const deployment = await loadSharedDeployment({ env, registryDir, signsInto: () => [] });
  const transport = await openTransport(deployment.transport, { env });
  try {
    const store = await BusInstruments.open(transport, env);
    const result = await action(store);
    await store.close();
    return result;
  } finally {
    await transport.close();
  }
}
