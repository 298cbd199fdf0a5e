import { add, byId, setClass, setText } from "../dom.ts";
import { dayTime } from "../format.ts";
import type { Rest } from "../net/rest.ts";

/** Condition that blocks or affects a component, from `/health/ready`. */
interface Condition {
  component: string;
  feed?: string;
  reason: string;
  /** ms since 1970. */
  since: number;
}

/** Readiness of all components in the gateway's process, with reasons. */
export class ConditionsView {
  #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Loads and shows the current state. */
  async update(): Promise<void> {
    const answer = await this.#rest.probe("/health/ready");
    const state = byId("conditions-state");
    if (answer === undefined) {
      setText(state, "The gateway does not answer");
      setClass(state, "warn");
      return;
    }
    const { ready, conditions } = answer as { ready: boolean; conditions?: readonly Condition[] };
    setText(state, ready ? "All parts do their work" : "Not all parts do their work");
    setClass(state, ready ? "up" : "warn");
    byId("condition-rows").replaceChildren(...(conditions ?? []).map(rowOf));
  }
}

function rowOf({ component, feed, reason, since }: Condition): HTMLElement {
  const row = document.createElement("li");
  add(row, "b", { text: feed === undefined ? component : `${component} ${feed}` });
  add(row, "span", { text: `: ${reason}` });
  add(row, "small", { text: ` since ${dayTime(since)} UTC` });
  return row;
}
