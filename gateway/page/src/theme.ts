/// <reference lib="dom" />
import { remember, remembered } from "./remembered.ts";

const CHOICES = ["auto", "dark", "light"] as const;
type Choice = typeof CHOICES[number];

/** Dark or light theme, by the system's setting or the user's choice. */
export class Theme {
  #listeners: (() => void)[] = [];
  #choice: Choice = CHOICES.find((each) => each === remembered("theme")) ?? "auto";
  #system = matchMedia("(prefers-color-scheme: light)");

  constructor() {
    this.#system.addEventListener("change", () => this.#apply());
    this.#apply();
  }

  /** `auto`, `dark` or `light`. */
  get choice(): string {
    return this.#choice;
  }

  /** Registers a listener for colour changes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Switches to the next choice: auto, dark, light, auto, … */
  next(): void {
    this.#choice = CHOICES[(CHOICES.indexOf(this.#choice) + 1) % CHOICES.length] ?? "auto";
    remember("theme", this.#choice);
    this.#apply();
  }

  #apply(): void {
    const system = this.#system.matches ? "light" : "dark";
    const name = this.#choice === "auto" ? system : this.#choice;
    document.documentElement.dataset["theme"] = name;
    for (const listener of this.#listeners) listener();
  }
}

/** Current value of a colour variable of the style sheet. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
