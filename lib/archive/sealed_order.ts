import type { ArchiveError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import type { SealedLineage } from "./lineage.ts";
import type { PageRows } from "./parquet/page_index_reader.ts";
import { corruptionError } from "./zstd_frames.ts";

/** Verifies the records of a sealed day, in file order, against order, page indexes and lineage. */
export class SealedOrder {
  #key: string;
  #count = 0;
  #symbols = 0;
  #last: MarketEvent | undefined;

  constructor(key: string) {
    this.#key = key;
  }

  /** Checks a page of the group at `offset`. Throws ArchiveError `ARCHIVE_DAMAGED`. */
  check(records: readonly MarketEvent[], page: PageRows, offset: number): void {
    let fromUs = Infinity;
    let toUs = 0;
    for (const record of records) {
      const { receivedAtUs } = record;
      if (receivedAtUs < fromUs) fromUs = receivedAtUs;
      if (receivedAtUs > toUs) toUs = receivedAtUs;
      if (!this.#follows(record)) {
        throw this.#wrong(offset, `record ${this.#count} is out of order`);
      }
    }
    if (fromUs === page.fromUs && toUs === page.toUs) return;
    throw this.#wrong(offset, `page ${page.number} has other times than its index says`);
  }

  /** Checks the totals at the end of a file of `bytes`. Throws ArchiveError `ARCHIVE_DAMAGED`. */
  end({ count, symbols }: SealedLineage, bytes: number): void {
    if (count === this.#count && symbols === this.#symbols) return;
    const found = `${this.#count} records of ${this.#symbols} symbols`;
    throw this.#wrong(bytes, `it holds ${found}, its lineage says ${count} of ${symbols}`);
  }

  #follows(record: MarketEvent): boolean {
    const last = this.#last;
    this.#last = record;
    this.#count++;
    if (last?.symbol !== record.symbol) {
      this.#symbols++;
      return last === undefined || last.symbol < record.symbol;
    }
    return record.receivedAtUs > last.receivedAtUs ||
      record.receivedAtUs === last.receivedAtUs && record.sequence >= last.sequence;
  }

  #wrong(offset: number, why: string): ArchiveError {
    return corruptionError(this.#key, { offset, why });
  }
}
