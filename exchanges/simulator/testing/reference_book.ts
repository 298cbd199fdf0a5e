import { crc32 } from "node:zlib";

interface Level {
  price: string;
  qty: string;
}

/** Parses levels, keeping number texts as sent. */
function levelsOf(frame: string, side: "bids" | "asks"): Level[] {
  const list = new RegExp(`"${side}":\\[(.*?)\\]`).exec(frame)?.[1] ?? "";
  return [...list.matchAll(/\{"price":([\d.]+),"qty":([\d.]+)\}/g)]
    .map(([, price, qty]) => ({ price: price as string, qty: qty as string }));
}

/** Simple reference book: maps of texts, sorted when needed, truncated as the venue specifies. */
export class ReferenceBook {
  bids = new Map<string, string>();
  asks = new Map<string, string>();
  #depth: number;
  #eachLevel: boolean;

  /** `eachLevel`: truncate after each level, else after each message only. */
  constructor(depth: number, eachLevel = false) {
    this.#depth = depth;
    this.#eachLevel = eachLevel;
  }

  apply(frame: string): void {
    if (frame.includes(`"type":"snapshot"`)) {
      this.bids.clear();
      this.asks.clear();
    }
    for (const side of ["bids", "asks"] as const) {
      for (const { price, qty } of levelsOf(frame, side)) {
        if (Number(qty) === 0) this[side].delete(price);
        else this[side].set(price, qty);
        if (this.#eachLevel) this.#truncate(side);
      }
      this.#truncate(side);
    }
  }

  sorted(side: "bids" | "asks"): [string, string][] {
    const sign = side === "bids" ? -1 : 1;
    return [...this[side]].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));
  }

  #truncate(side: "bids" | "asks"): void {
    if (this[side].size > this.#depth) {
      this[side] = new Map(this.sorted(side).slice(0, this.#depth));
    }
  }

  checksum(): number {
    const strip = (text: string) => text.replace(".", "").replace(/^0+/, "");
    const text = (["asks", "bids"] as const).flatMap((side) =>
      this.sorted(side).slice(0, 10).map(([price, qty]) => strip(price) + strip(qty))
    ).join("");
    return crc32(text);
  }
}
