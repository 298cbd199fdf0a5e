import type { LeaseCell } from "../lease.ts";

/** A value shared by any number of cells, for tests. */
export class SharedValue {
  value: Uint8Array | undefined;
  writes = 0;

  cell(): LeaseCell {
    let seen: Uint8Array | undefined;
    return {
      read: () => Promise.resolve(seen = this.value),
      write: (value) => {
        if (seen !== this.value) return Promise.resolve(false);
        this.value = seen = value;
        this.writes++;
        return Promise.resolve(true);
      },
    };
  }
}
