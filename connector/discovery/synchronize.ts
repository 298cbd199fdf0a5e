import type { AskRest, Catalogue, CatalogueRequest } from "@ssmd/exchanges";
import { type InstrumentFile, withNews } from "@ssmd/metadata";
import type { InstrumentStore } from "./bus_instruments.ts";

/** Counts of a synchronization. */
export interface SyncCounts {
  /** Markets read, and the exchange itself. */
  read: number;
  /** New instruments. */
  added: number;
  /** Instruments with changes. */
  changed: number;
}

/** Options of {@linkcode synchronize}. */
interface SyncOptions {
  catalogue: Catalogue;
  ask: AskRest;
  request: CatalogueRequest;
  store: InstrumentStore;
  /** Instruments of the registry's files, known besides the store. */
  files: ReadonlyMap<string, InstrumentFile>;
  /** Write nothing. */
  dryRun?: boolean;
  onPage?: (counts: SyncCounts) => void;
}

/**
 * Writes what changed in a venue's REST catalogue; a second run without a change writes nothing,
 * and what another writer changes meanwhile is kept.
 * Markets that the venue no longer lists stay as they are.
 */
export async function synchronize(options: SyncOptions): Promise<SyncCounts> {
  const { catalogue, ask, request, store, files } = options;
  const known = new Map([...files, ...await store.known()]);
  const counts: SyncCounts = { read: 0, added: 0, changed: 0 };
  for await (const page of catalogue.instruments(ask, request)) {
    const news: InstrumentFile[] = [];
    const listed = new Map(page.map((each) => [each.id, each]));
    for (const fresh of page) {
      counts.read++;
      const before = known.get(fresh.id);
      const after = withNews(before, fresh);
      if (after === undefined) continue;
      if (before === undefined) counts.added++;
      else counts.changed++;
      known.set(after.id, after);
      news.push(after);
    }
    if (options.dryRun !== true && news.length > 0) {
      await store.put(news, (id, now) => {
        const fresh = listed.get(id);
        return fresh && withNews(now ?? files.get(id), fresh);
      });
    }
    options.onPage?.(counts);
  }
  return counts;
}
