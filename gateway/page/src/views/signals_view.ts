import { add, byId, setText } from "../dom.ts";
import { dayTime, valuesText } from "../format.ts";
import type { FireInfo, Signals } from "../net/signals.ts";
import type { ActionInfo, Actions } from "../net/actions.ts";
import { hashOf } from "../routes.ts";
import { ApprovalsView } from "./approvals_view.ts";
import { confirmAction } from "./confirm.ts";
import { SignalCard } from "./signal_card.ts";

const FIRES_EVERY_S = 2;
const FIRES_SHOWN = 60;

/** Signals of the environment: state, fires and switches. */
export class SignalsView {
  #signals: Signals;
  #actions: Actions;
  #approvals: ApprovalsView;
  #isAdmin: () => boolean;
  #cards = new Map<string, SignalCard>();
  #seconds = 0;

  constructor(signals: Signals, actions: Actions, isAdmin: () => boolean) {
    this.#signals = signals;
    this.#actions = actions;
    this.#approvals = new ApprovalsView(actions, (problem) => {
      this.open();
      this.#problem(problem);
    });
    this.#isAdmin = isAdmin;
  }

  /** Called when the view is shown. */
  open(): void {
    this.#seconds = 0;
    this.#actions.restart();
    void this.tick();
  }

  /** Loads the signals; called once a second while the view is visible. */
  async tick(): Promise<void> {
    const problem = await this.#signals.read();
    this.#problem(problem);
    this.#show();
    if (this.#seconds++ % FIRES_EVERY_S !== 0) return;
    const fires = await this.#signals.fires("", FIRES_SHOWN);
    // Those of the last answer stay.
    if (fires !== undefined) this.#showFires(fires, await this.#actions.byFire(FIRES_SHOWN * 2));
    this.#approvals.show(this.#isAdmin() ? await this.#actions.waiting() : []);
  }

  #show(): void {
    const { list } = this.#signals;
    const ids = new Set(list.map(({ id }) => id));
    for (const [id, { root }] of this.#cards) {
      if (ids.has(id)) continue;
      root.remove();
      this.#cards.delete(id);
    }
    for (const signal of list) {
      let card = this.#cards.get(signal.id);
      if (card === undefined) {
        const onSwitch = (isEnabled: boolean) => void this.#switch(signal.id, isEnabled);
        card = new SignalCard(byId("signal-list"), signal.id, onSwitch);
        this.#cards.set(signal.id, card);
      }
      card.show(signal, this.#isAdmin());
    }
    const running = list.filter(({ state }) => state === "running").length;
    setText(byId("signal-count"), list.length === 0 ? "" : `${running} of ${list.length} run`);
    byId("signals-empty").hidden = list.length > 0 || !byId("signals-problem").hidden;
  }

  #showFires(
    fires: readonly FireInfo[],
    actions: ReadonlyMap<string, readonly ActionInfo[]>,
  ): void {
    const rows = fires.map(({ id, recv_ts, signal, symbol, feed, values }) => {
      const row = document.createElement("tr");
      add(row, "td", { text: dayTime(recv_ts) });
      add(row, "td", { text: signal });
      const link = add(add(row, "td"), "a", { text: symbol });
      link.href = hashOf({ view: "market", symbol, feed });
      add(row, "td", { text: feed });
      add(row, "td", { text: valuesText(values) });
      const done = add(row, "td", { text: (actions.get(id) ?? []).map(actionText).join(", ") });
      done.title = (actions.get(id) ?? []).map(({ reason, problem }) => problem || reason).join(
        "\n",
      );
      return row;
    });
    byId("fire-rows").replaceChildren(...rows);
    byId("fires").hidden = rows.length === 0;
  }

  async #switch(id: string, isEnabled: boolean): Promise<void> {
    const isSure = isEnabled || await confirmAction(
      `Disable ${id}?`,
      "It fires no more until it is enabled again, also after a restart. The others go on.",
      "Disable",
    );
    if (!isSure) return;
    this.#problem(await this.#signals.setEnabled(id, isEnabled));
    this.open();
  }

  #problem(text: string): void {
    const problem = byId("signals-problem");
    problem.hidden = text === "";
    setText(problem, text);
  }
}

/** Formats an action on a fire; names the model, also a scripted one. */
function actionText({ action, state, chosen_by: by, model }: ActionInfo): string {
  const who = by === "model" ? model : by === "default" ? "policy's default" : "";
  return [action, state, ...(who === "" ? [] : [`by ${who}`])].join(" ").trim();
}
