import type { AskRest, Catalogue, CatalogueRequest } from "@ssmd/exchanges";
import { type InstrumentFile, withNews } from "@ssmd/metadata";
import type { InstrumentStore } from "./bus_instruments.ts";

/** What a synchronization did. */
export interface SyncCounts {
  /** What the venue told of: markets, and the exchange itself. */
  read: number;
  /** Instruments that were not known. */
  added: number;
  /** Instruments of which something was not known. */
  changed: number;
}

/** What is synchronized. */
interface SyncOptions {
  catalogue: Catalogue;
  ask: AskRest;
  request: CatalogueRequest;
  store: InstrumentStore;
  /** Known besides the store: the registry's files. */
  files: ReadonlyMap<string, InstrumentFile>;
  /** Nothing is written. */
  dryRun?: boolean;
  onPage?: (counts: SyncCounts) => void;
}

/**
 * Takes over what a venue's REST says of its markets: only what is news is written, so that a second
 * run without a change writes nothing. What a venue tells no more stays as it was known.
 */
export async function synchronize(options: SyncOptions): Promise<SyncCounts> {
  const { catalogue, ask, request, store, files } = options;
  const known = new Map([...files, ...await store.known()]);
  const counts: SyncCounts = { read: 0, added: 0, changed: 0 };
  for await (const page of catalogue.instruments(ask, request)) {
    const news: InstrumentFile[] = [];
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
    if (options.dryRun !== true && news.length > 0) await store.put(news);
    options.onPage?.(counts);
  }
  return counts;
}
