/// <reference lib="dom" />
import { remember, remembered } from "./remembered.ts";

const CHOICES = ["auto", "dark", "light"] as const;
type Choice = typeof CHOICES[number];

/** Dark or light: as the system says, or as was chosen here. */
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

  /** Calls when colours have changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The next choice: auto, dark, light, and again. */
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

/** A colour of the style sheet as it is now. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
