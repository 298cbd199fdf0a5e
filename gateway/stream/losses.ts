import { EVENT_TYPES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";

/** What a client lost and was not told of yet. */
export class Losses {
  #count = 0;
  #byType: number[] | undefined;
  #sinceUs = 0;

  /** Messages that were not told yet. */
  get count(): number {
    return this.#count;
  }

  /** Counts a message of the type at this place. */
  add(type: number): void {
    if (this.#count++ === 0) this.#sinceUs = nowUs();
    this.#byType ??= EVENT_TYPES.map(() => 0);
    this.#byType[type] = (this.#byType[type] ?? 0) + 1;
  }

  /** The message that tells of them; they are told with it. */
  take(policy: string): string {
    const types: Record<string, number> = {};
    EVENT_TYPES.forEach((type, i) => {
      const count = this.#byType?.[i] ?? 0;
      if (count > 0) types[type] = count;
    });
    const message = {
      type: "dropped",
      count: this.#count,
      since: this.#sinceUs / 1000,
      until: Date.now(),
      types,
      policy,
    };
    this.#count = 0;
    this.#byType = undefined;
    return JSON.stringify(message);
  }
}
