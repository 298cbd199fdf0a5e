import type { MarketEvent } from "@ssmd/market";
import type { DuplicateIdsCheck } from "@ssmd/metadata";
import { Checker } from "./checker.ts";
import { IdSet } from "./id_set.ts";

/** Checks that no id repeats within the day; trades without an id pass. */
export class DuplicateIds extends Checker {
  #id: DuplicateIdsCheck["id"];
  #seen = new IdSet();

  /** Creates the check. */
  constructor({ id }: DuplicateIdsCheck) {
    super();
    this.#id = id;
  }

  override see(event: MarketEvent): void {
    const id = this.#idOf(event);
    if (id === "") return;
    const added = this.#seen.add(`${event.type} ${event.symbol} ${id}`);
    if (added === "known") {
      const what = this.#id === "trade_id" ? `trade ${id}` : `record ${id}`;
      this.offenders.add(event, () => `${what} was there before on this day`);
    } else if (added === "full" && this.note === "") {
      this.note = `only the first ${this.#seen.size} ids of the day were compared`;
    }
  }

  #idOf(event: MarketEvent): string {
    if (this.#id === "record") return `${event.receivedAtUs} ${event.sequence}`;
    return event.type === "trade" ? event.tradeId : "";
  }
}
