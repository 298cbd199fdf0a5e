import { add, setClass, setText } from "../dom.ts";
import { count, dayTime } from "../format.ts";
import type { SignalInfo } from "../net/signals.ts";

const BADGES: Record<SignalInfo["state"], string> = {
  running: "live",
  disabled: "stale",
  quarantined: "suspect",
  failed: "suspect",
};

/** Card of a signal: subscriptions, state and switch. */
export class SignalCard {
  readonly root: HTMLElement;
  #title: HTMLElement;
  #state: HTMLElement;
  #switch: HTMLButtonElement;
  #about: HTMLElement;
  #why: HTMLElement;
  #facts = new Map<string, HTMLElement>();

  constructor(parent: Element, id: string, onSwitch: (isEnabled: boolean) => void) {
    this.root = add(parent, "li", { className: "card signal" });
    const head = add(this.root, "div", { className: "head" });
    this.#title = add(head, "h2", { text: id });
    this.#state = add(head, "span", { className: "badge" });
    this.#switch = add(head, "button", { className: "plain" });
    this.#switch.onclick = () => onSwitch(this.#switch.dataset["to"] === "on");
    this.#about = add(this.root, "p", { className: "dim about" });
    this.#why = add(this.root, "p");
    const list = add(this.root, "dl", { className: "facts" });
    for (const name of ["Fires", "Last fire", "Feeds", "Markets", "Parameters", "Errors"]) {
      const box = add(list, "div");
      add(box, "dt", { text: name });
      this.#facts.set(name, add(box, "dd"));
    }
  }

  /** Shows the current state; only administrators see the switch. */
  show(signal: SignalInfo, isAdmin: boolean): void {
    setText(this.#title, signal.version > 0 ? `${signal.id} v${signal.version}` : signal.id);
    setText(this.#about, signal.title);
    this.#about.hidden = signal.title === "";
    setText(this.#state, signal.state);
    setClass(this.#state, `badge ${BADGES[signal.state]}`);
    setText(this.#why, signal.why);
    // What a running signal waits for is no fault.
    setClass(this.#why, signal.state === "running" ? "dim about" : "warn about");
    this.#why.hidden = signal.why === "";
    const isOn = signal.state === "running" || signal.state === "failed";
    this.#switch.hidden = !isAdmin;
    this.#switch.dataset["to"] = isOn ? "off" : "on";
    setText(this.#switch, isOn ? "Disable" : "Enable");
    setClass(this.#switch, isOn ? "plain danger" : "plain");
    this.#switch.setAttribute("aria-label", `${isOn ? "Disable" : "Enable"} ${signal.id}`);
    this.#fact("Fires", countOr(signal.fires));
    this.#fact("Last fire", signal.last_fire === null ? "–" : dayTime(signal.last_fire));
    this.#fact("Feeds", signal.feeds.join(" "));
    this.#fact("Markets", signal.symbols.join(" ").replace("*", "all"));
    const params = Object.entries(signal.params).map(([name, value]) => `${name} ${value}`);
    this.#fact("Parameters", params.join(", ") || "none");
    this.#fact("Errors", countOr(signal.errors));
    this.#facts.get("Errors")?.classList.toggle("down", (signal.errors ?? 0) > 0);
  }

  #fact(name: string, value: string): void {
    setText(this.#facts.get(name) as Element, value);
  }
}

/** A figure that this key may not see is a dash. */
function countOr(value: number | null): string {
  return value === null ? "–" : count(value);
}
