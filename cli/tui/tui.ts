import { messageOf, sleep, SsmdError } from "@ssmd/runtime";
import type { Row } from "../render.ts";
import type { Source } from "./source.ts";
import { type Action, type Content, idOf, type View } from "./view.ts";
import { readFeeds } from "./views.ts";

/** Pause between checks of the gateway, ms. */
const LOOK_MS = 1_000;

/** Prompt shown below the table instead of the key help. */
type Prompt =
  | { kind: "filter" }
  | { kind: "choose" | "confirm"; action: Action; row: Row; choice: string };

/** View and its current content. */
export interface Pane {
  view: View;
  /** Absent until the first read. */
  content?: Content;
  /** Time of that read, ms since 1970. */
  readAtMs?: number;
  /** Error of the last read; "" = none. */
  problem: string;
  /** Text that a row must contain in any cell, case-insensitive. */
  filter: string;
  /** Id of the selected row; absent = first row. */
  selected?: string;
  /** Index of the first row on the screen. */
  top: number;
  /** Widest cell so far per column, so that columns do not move. */
  widths: Map<string, number>;
}

/** State of the screen and its key handling, independent of a terminal. */
export class Tui {
  readonly source: Source;
  readonly panes: readonly Pane[];
  pane: Pane;
  prompt: Prompt | undefined;
  /** Shown instead of the table: one full row, or all keys. */
  overlay: "details" | "help" | undefined;
  /** Result or error of the last action. */
  message = "";
  /** Summary of the feeds. */
  feeds = "";
  /** Table rows that fit on the screen. */
  pageRows = 10;
  /** Called when the screen must be redrawn. */
  onChange: () => void = () => {};
  /** Called to leave the screen: for good (undefined), or to run a function that writes to the terminal. */
  onLeave: (outside: (() => Promise<void>) | undefined) => void = () => {};
  #wake = new AbortController();

  constructor(source: Source, views: (onNews: () => void) => readonly View[]) {
    this.source = source;
    this.panes = views(() => this.onChange())
      .map((view) => ({ view, problem: "", filter: "", top: 0, widths: new Map() }));
    this.pane = this.panes[0] as Pane;
  }

  /** Rows of the pane that match the filter. */
  get rows(): readonly Row[] {
    const { content, filter } = this.pane;
    const rows = content?.rows ?? [];
    if (filter === "") return rows;
    const wanted = filter.toLowerCase();
    return rows.filter((row) =>
      Object.values(row).some((cell) => String(cell ?? "").toLowerCase().includes(wanted))
    );
  }

  /** Index of the selected row; -1 = no rows. */
  get selectedIndex(): number {
    const { view, selected } = this.pane;
    const { rows } = this;
    if (selected === undefined) return Math.min(0, rows.length - 1);
    const index = rows.findIndex((row) => idOf(view, row) === selected);
    return index < 0 ? Math.min(0, rows.length - 1) : index;
  }

  /** Reads the pane and the header repeatedly until `signal` aborts. */
  async readOn(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#readPanes(signal), this.#readHeader(signal), this.#tick(signal)]);
  }

  /** Redraws ages, also while the gateway gives no answer. */
  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.onChange();
      await sleep(LOOK_MS, signal);
    }
  }

  async #readHeader(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const feeds = await readFeeds(this.source);
        const live = feeds.filter(({ connection }) => connection.state === "live").length;
        const rates = feeds.flatMap(({ records_per_second: rate }) => rate === null ? [] : [rate]);
        const rate = rates.reduce((sum, each) => sum + each, 0);
        // A key that sees only some of each feed knows no rate, which is not 0.
        const rateText = rates.length === 0 && feeds.length > 0 ? "" : `, ${rate} records/s`;
        this.feeds = `${live} of ${feeds.length} feeds live${rateText}`;
      } catch (error) {
        this.feeds = messageOf(error);
      }
      this.onChange();
      await sleep(LOOK_MS, signal);
    }
  }

  async #readPanes(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { pane } = this;
      this.#wake = new AbortController();
      await this.#read(pane);
      this.onChange();
      const { everyMs } = pane.view;
      const waitMs = pane.problem === "" ? everyMs : Math.min(everyMs, LOOK_MS);
      if (pane === this.pane) await sleep(waitMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  async #read(pane: Pane): Promise<void> {
    try {
      pane.content = await pane.view.read(this.source);
      pane.readAtMs = Date.now();
      pane.problem = "";
    } catch (error) {
      pane.problem = sentenceOf(error);
    }
  }

  /** Handles a key: a character, or the name of a key. */
  onKey(key: string): void {
    this.#takeKey(key);
    this.onChange();
  }

  #takeKey(key: string): void {
    if (key === "ctrl-c") return this.onLeave(undefined);
    const { prompt } = this;
    this.message = "";
    if (prompt?.kind === "filter") return this.#typeFilter(key);
    if (prompt !== undefined) return this.#answer(prompt, key);
    if (this.overlay !== undefined) return void (this.overlay = undefined);
    if (key === "q") return this.onLeave(undefined);
    if (key === "?") return void (this.overlay = "help");
    if (key === "/") return void (this.prompt = { kind: "filter" });
    if (key === "escape") return void (this.pane.filter = "");
    if (key === "enter" && this.selectedIndex >= 0) return void (this.overlay = "details");
    if (this.#move(key) || this.#turn(key)) return;
    const action = this.pane.view.actions.find((each) => each.key === key);
    if (action !== undefined) this.#begin(action);
  }

  /** Moves the selection. */
  #move(key: string): boolean {
    const last = this.rows.length - 1;
    const at = this.selectedIndex;
    const to: Record<string, number> = {
      up: at - 1,
      k: at - 1,
      down: at + 1,
      j: at + 1,
      "page up": at - this.pageRows,
      "page down": at + this.pageRows,
      home: 0,
      end: last,
    };
    const wanted = to[key];
    if (wanted === undefined) return false;
    const row = this.rows[Math.max(0, Math.min(last, wanted))];
    if (row !== undefined) this.pane.selected = idOf(this.pane.view, row);
    if (wanted <= 0) delete this.pane.selected;
    return true;
  }

  /** Switches to another view. */
  #turn(key: string): boolean {
    const at = this.panes.indexOf(this.pane);
    const count = this.panes.length;
    const steps: Record<string, number> = { tab: 1, right: 1, left: -1, "shift-tab": -1 };
    const step = steps[key];
    const to = step === undefined ? Number(key) - 1 : (at + step + count) % count;
    const pane = this.panes[to];
    if (pane === undefined) return false;
    this.pane.view.onHidden?.();
    this.pane = pane;
    this.#wake.abort();
    return true;
  }

  #typeFilter(key: string): void {
    const { pane } = this;
    if (key === "enter") this.prompt = undefined;
    else if (key === "escape") [this.prompt, pane.filter] = [undefined, ""];
    else if (key === "backspace") pane.filter = pane.filter.slice(0, -1);
    else if ([...key].length === 1) pane.filter += key;
  }

  #begin(action: Action): void {
    const row = this.rows[this.selectedIndex];
    if (row === undefined && !action.isGlobal) return;
    const refusal = action.refusal?.(row ?? {});
    if (refusal !== undefined) return void (this.message = refusal);
    const kind = action.choices === undefined ? "confirm" : "choose";
    // Copy the row: the table may change before the user confirms.
    this.prompt = { kind, action, row: { ...row }, choice: "" };
  }

  #answer(prompt: Exclude<Prompt, { kind: "filter" }>, key: string): void {
    const choice = prompt.action.choices?.[Number(key) - 1];
    if (prompt.kind === "choose" && choice !== undefined) {
      return void (this.prompt = { ...prompt, kind: "confirm", choice });
    }
    this.prompt = undefined;
    if (prompt.kind === "confirm" && key === "y") return this.#perform(prompt);
    this.message = "Nothing was done";
  }

  #perform({ action, row, choice }: Exclude<Prompt, { kind: "filter" }>): void {
    this.message = `${action.label} ...`;
    const done = async () => {
      this.message = await action.run(this.source, row, choice).catch(sentenceOf);
      this.#wake.abort();
      this.onChange();
    };
    if (action.leavesScreen) this.onLeave(done);
    else void done();
  }
}

function sentenceOf(error: unknown): string {
  const hint = error instanceof SsmdError && error.hint !== "" ? `. ${error.hint}` : "";
  return `${messageOf(error)}${hint}`;
}
