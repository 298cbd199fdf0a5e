import { add, setAttribute, setClass, setText } from "../dom.ts";
import { bytes, count, dayTime } from "../format.ts";
import type { ConnectionInfo } from "../../../protocol/connection.ts";
import { fillOf } from "../state/buffer_fill.ts";

/** Maximum number of subscriptions listed; the rest is a number. */
const SUBSCRIPTIONS_SHOWN = 20;

/** Row of a stream connection: buffer, subscriptions, losses. */
export class ClientRow {
  readonly root: HTMLElement;
  #name: HTMLElement;
  #state: HTMLElement;
  #bar: HTMLElement;
  #buffer: HTMLElement;
  #facts = new Map<string, HTMLElement>();
  #subscriptions: HTMLElement;
  #error: HTMLElement;
  #sentBefore: { sent: number; ms: number } | undefined;

  constructor(parent: Element, id: number, disconnect: () => void) {
    this.root = add(parent, "li", { className: "card client" });
    const head = add(this.root, "div", { className: "head" });
    this.#name = add(head, "h2");
    this.#state = add(head, "span", { className: "badge" });
    const button = add(head, "button", { className: "plain danger", text: "Disconnect" });
    button.setAttribute("aria-label", `Disconnect client ${id}`);
    button.onclick = disconnect;
    const meter = add(this.root, "div", { className: "buffer" });
    this.#bar = add(meter, "div", { className: "meter" });
    this.#bar.setAttribute("role", "meter");
    this.#bar.setAttribute("aria-label", "Buffer");
    add(this.#bar, "i");
    this.#buffer = add(meter, "span", { className: "dim" });
    const list = add(this.root, "dl", { className: "facts" });
    for (const name of ["Address", "Since", "Mode", "Policy", "Markets", "Sent", "Dropped"]) {
      const box = add(list, "div");
      add(box, "dt", { text: name });
      this.#facts.set(name, add(box, "dd"));
    }
    this.#error = add(this.root, "p", { className: "warn" });
    const details = add(this.root, "details");
    add(details, "summary", { text: "Subscriptions" });
    this.#subscriptions = add(details, "p", { className: "subscriptions" });
  }

  /** Shows the current state. */
  show(client: ConnectionInfo, isThisPage: boolean): void {
    const name = client.client === "" ? `#${client.id}` : `#${client.id} ${client.client}`;
    setText(this.#name, isThisPage ? `${name} (this page)` : name);
    setText(this.#state, client.catching_up ? "catching up" : client.state);
    setClass(this.#state, `badge ${BADGES[client.state] ?? "stale"}`);
    this.#showBuffer(client);
    this.#fact("Address", client.address);
    this.#fact("Since", dayTime(client.since));
    const interval = client.interval_ms === null ? "" : ` ${client.interval_ms} ms`;
    this.#fact("Mode", `${client.mode}${interval}, ${client.format}`);
    this.#fact("Policy", client.policy.replaceAll("_", " "));
    this.#fact("Markets", count(client.markets));
    this.#fact("Sent", `${count(client.sent)}${this.#rate(client.sent)}`);
    this.#fact("Dropped", count(client.dropped));
    this.#facts.get("Dropped")?.classList.toggle("down", client.dropped > 0);
    const { last_error: error } = client;
    this.#error.hidden = error === null;
    if (error !== null) {
      setText(this.#error, `${dayTime(error.at)} ${error.code}: ${error.message}`);
    }
    setText(this.#subscriptions, subscriptionsOf(client));
  }

  #showBuffer(client: ConnectionInfo): void {
    const share = fillOf(client);
    const percent = Math.round(share * 100);
    setAttribute(this.#bar, "aria-valuenow", String(percent));
    this.#bar.style.setProperty("--fill", `${share * 100}%`);
    setClass(this.#bar, `meter ${share >= 0.9 ? "full" : share >= 0.7 ? "high" : ""}`);
    setText(
      this.#buffer,
      `Buffer ${percent} % · ${bytes(client.buffer_bytes)} of ${bytes(client.buffer_bytes_max)} · ${
        count(client.buffer_messages)
      } messages`,
    );
  }

  #rate(sent: number): string {
    const now = performance.now();
    const before = this.#sentBefore;
    this.#sentBefore = { sent, ms: now };
    if (before === undefined || now - before.ms < 100) return "";
    return ` · ${count(Math.max(0, (sent - before.sent) / (now - before.ms) * 1000))}/s`;
  }

  #fact(name: string, value: string): void {
    setText(this.#facts.get(name) as Element, value);
  }
}

const BADGES: Record<string, string> = {
  healthy: "live",
  lagging: "quiet",
  dropping: "suspect",
  disconnected: "stale",
};

function subscriptionsOf({ subscriptions }: ConnectionInfo): string {
  const shown = subscriptions.slice(0, SUBSCRIPTIONS_SHOWN)
    .map(({ symbol, types, mode }) => `${symbol}: ${types.join(", ")} (${mode})`);
  const rest = subscriptions.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${count(rest)} more`] : [])].join("\n") || "none";
}
