import { isDayOver } from "@ssmd/archive";
import type { Day } from "./day.ts";

/** Looks (two a second) at a day that is over and has no last status yet, until it is told: an hour. */
const LOOKS_MAX = 2 * 3600;

/** Tells days that are over and stay open: their last windows or their manifest do not get written. */
export class LateDays {
  #looksMax: number;
  /** Looks at each day that is over. */
  #over = new Map<Day, number>();

  constructor(looksMax: number = LOOKS_MAX) {
    this.#looksMax = looksMax;
  }

  /** Called at a fixed pace with the days that are loaded. */
  look(days: Iterable<Day>, nowUs: number): void {
    const over = [...days].filter((day) =>
      day.manifest.status === "open" && isDayOver(day.name, nowUs)
    );
    this.#over = new Map(over.map((day) => [day, (this.#over.get(day) ?? 0) + 1]));
  }

  /** Which of them are open for too long; "" = none. */
  get problem(): string {
    const late = [...this.#over].filter(([, looks]) => looks > this.#looksMax).map(([day]) => day);
    const names = late.map(({ manifest: { feed, day } }) => `${feed} ${day}`);
    if (names.length === 0) return "";
    return `over for long and still open: ${names.join(", ")}`;
  }
}
