import { add, byId } from "../dom.ts";
import type { Actions, Waiting } from "../net/actions.ts";
import { confirmAction } from "./confirm.ts";

/** Items waiting for approval, each with its text and two buttons. */
export class ApprovalsView {
  #actions: Actions;
  #onDecided: (problem: string) => void;
  #shown = "";

  constructor(actions: Actions, onDecided: (problem: string) => void) {
    this.#actions = actions;
    this.#onDecided = onDecided;
  }

  /** Shows the waiting items. */
  show(waiting: readonly Waiting[]): void {
    const shown = JSON.stringify(waiting);
    if (shown === this.#shown) return;
    this.#shown = shown;
    byId("approval-list").replaceChildren(...waiting.map((each) => this.#item(each)));
    byId("approvals").hidden = waiting.length === 0;
  }

  #item(waiting: Waiting): HTMLElement {
    const item = document.createElement("li");
    add(item, "h3", { text: waiting.title });
    add(item, "pre", { text: waiting.text });
    add(item, "p", { className: "dim", text: `hash ${waiting.hash}` });
    for (const decision of ["approve", "reject"] as const) {
      const text = decision === "approve" ? "Approve" : "Reject";
      const button = add(item, "button", { className: "plain", text });
      button.setAttribute("aria-label", `${text} ${waiting.title}`);
      button.onclick = () => void this.#decide(waiting, decision);
    }
    return item;
  }

  async #decide(waiting: Waiting, decision: "approve" | "reject"): Promise<void> {
    const isSure = decision === "reject" ||
      await confirmAction("Approve this?", `${waiting.title}: exactly what is shown.`, "Approve");
    if (isSure) this.#onDecided(await this.#actions.decide(waiting, decision));
  }
}
