import { isDayOver } from "@ssmd/archive";
import type { Day } from "./day.ts";

/** Looks (two a second) at an ended day without a final status before it is reported: an hour. */
const LOOKS_MAX = 2 * 3600;

/** Detects ended days that stay open because their windows or manifest are not written. */
export class LateDays {
  #looksMax: number;
  /** Number of looks at each ended day. */
  #over = new Map<Day, number>();

  constructor(looksMax: number = LOOKS_MAX) {
    this.#looksMax = looksMax;
  }

  /** Checks the loaded days; called at a fixed interval. */
  look(days: Iterable<Day>, nowUs: number): void {
    const over = [...days].filter((day) =>
      day.manifest.status === "open" && isDayOver(day.name, nowUs)
    );
    this.#over = new Map(over.map((day) => [day, (this.#over.get(day) ?? 0) + 1]));
  }

  /** Days that are open for too long; "" = none. */
  get problem(): string {
    const late = [...this.#over].filter(([, looks]) => looks > this.#looksMax).map(([day]) => day);
    const names = late.map(({ manifest: { feed, day } }) => `${feed} ${day}`);
    if (names.length === 0) return "";
    return `over for long and still open: ${names.join(", ")}`;
  }
}
