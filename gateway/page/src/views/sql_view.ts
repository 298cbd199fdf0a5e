import { gatewayNowMs } from "../clock.ts";
import { drawLine } from "../canvas.ts";
import { add, byId, setText } from "../dom.ts";
import { count, durationText, size } from "../format.ts";
import type { Rest } from "../net/rest.ts";
import { chartOf, isNumber, type SqlChart, type SqlColumn } from "../state/sql_chart.ts";
import { cssColor } from "../theme.ts";

/** Example queries. */
const EXAMPLES: readonly (readonly [string, string])[] = [
  [
    "Trades by market",
    `select symbol, count(*) as trades, round(sum(size), 4) as volume
from trades
group by symbol
order by trades desc`,
  ],
  [
    "Price by minute",
    `select time_bucket(interval 1 minute, received_at) as minute, avg(price) as price
from trades
where symbol = (select mode(symbol) from trades)
group by minute
order by minute`,
  ],
  [
    "Buyers by market",
    `select symbol, round(100 * sum(size) filter (side = 'buy') / sum(size), 1) as buyers_percent
from trades
group by symbol
order by buyers_percent desc`,
  ],
  [
    "Delay of the venue",
    `select feed, count(*) as records,
  quantile_cont(epoch_us(received_at) - epoch_us(venue_at), 0.99) / 1000 as p99_ms
from tickers
group by feed`,
  ],
  [
    "Gaps",
    `select reason, channel, count(*) as gaps, coalesce(sum(missed), 0) as missed
from gaps
group by all
order by gaps desc`,
  ],
  [
    "Instruments now",
    `select id, name, state, closes_at
from instruments
where effective_at <= now()
qualify row_number() over (partition by id order by effective_at desc, known_at desc) = 1
order by id`,
  ],
];

/** SQL over the archive: editor, examples, result as table and chart. */
export class SqlView {
  #rest: Rest;
  #box = byId<HTMLTextAreaElement>("sql-text");
  #date = byId<HTMLInputElement>("sql-date");
  #chart: SqlChart | undefined;

  constructor(rest: Rest) {
    this.#rest = rest;
    for (const [name, sql] of EXAMPLES) {
      add(byId("sql-examples"), "button", { className: "plain", text: name }).onclick = () => {
        this.#box.value = sql;
        void this.#run();
      };
    }
    byId("sql-run").onclick = () => void this.#run();
    this.#box.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) void this.#run();
    });
    new ResizeObserver(() => this.applyTheme()).observe(byId("sql-line"));
  }

  /** Called when the view is shown. */
  open(): void {
    const today = new Date(gatewayNowMs()).toISOString().slice(0, 10);
    this.#date.max = today;
    if (this.#date.value === "") this.#date.value = today;
    if (this.#box.value === "") this.#box.value = EXAMPLES[0]?.[1] ?? "";
  }

  /** Applies the theme's colours. */
  applyTheme(): void {
    if (this.#chart?.kind !== "line") return;
    const values = this.#chart.points.map(({ value }) => value);
    const { points } = this.#chart;
    const [from = "", to = ""] = [points[0], points.at(-1)].map((each) =>
      momentOf(each?.label ?? "")
    );
    const known = values.filter((value) => value !== null);
    const [low = "", high = ""] = [Math.min(...known), Math.max(...known)].map(size);
    const axes = { low, high, from, to };
    drawLine(byId<HTMLCanvasElement>("sql-line"), values, { color: cssColor("--accent"), axes });
  }

  async #run(): Promise<void> {
    const button = byId<HTMLButtonElement>("sql-run");
    button.disabled = true;
    setText(byId("sql-note"), "Running");
    const asked = { sql: this.#box.value, ...(this.#date.value && { date: this.#date.value }) };
    const answer = await this.#rest.post("/v1/admin/sql", {}, asked);
    button.disabled = false;
    const problem = byId("sql-problem");
    problem.hidden = answer.ok;
    byId("sql-left-out").hidden = true;
    byId("sql-answer").hidden = !answer.ok;
    setText(byId("sql-note"), "");
    if (!answer.ok) return setText(problem, answer.detail);
    const { columns, rows, is_cut, took_ms, left_out } = answer.body as unknown as {
      columns: SqlColumn[];
      rows: unknown[][];
      is_cut: boolean;
      took_ms: number;
      left_out: LeftOutDay[];
    };
    renderLeftOut(left_out);
    const cut = is_cut ? ", cut: there are more" : "";
    setText(byId("sql-note"), `${count(rows.length)} rows in ${durationText(took_ms)}${cut}`);
    this.#renderTable(columns, rows);
    this.#renderChart(columns, rows);
  }

  #renderTable(columns: readonly SqlColumn[], rows: readonly unknown[][]): void {
    const head = byId("sql-heads");
    head.replaceChildren();
    const classes = columns.map(({ type }) => isNumber(type) ? "number" : "");
    for (const [i, { name, type }] of columns.entries()) {
      const cell = add(head, "th", { text: name, className: classes[i] ?? "" });
      cell.scope = "col";
      cell.title = type;
    }
    byId("sql-rows").replaceChildren(...rows.map((values) => {
      const row = document.createElement("tr");
      for (const [i, value] of values.entries()) {
        add(row, "td", { text: textOf(value), className: classes[i] ?? "" });
      }
      return row;
    }));
    byId("sql-empty").hidden = rows.length > 0;
  }

  #renderChart(columns: readonly SqlColumn[], rows: readonly unknown[][]): void {
    const chart = this.#chart = chartOf(columns, rows);
    byId("sql-chart").hidden = chart === undefined;
    if (chart === undefined) return;
    setText(byId("sql-title"), chart.title);
    const isLine = chart.kind === "line";
    byId("sql-line").hidden = byId("sql-range").hidden = !isLine;
    byId("sql-bars").hidden = isLine;
    if (isLine) this.#renderLine(chart);
    else renderBars(chart);
  }

  #renderLine({ points }: SqlChart): void {
    const values = points.flatMap(({ value }) => value === null ? [] : [value]);
    const [from, to] = [points[0], points.at(-1)].map((point) => momentOf(point?.label ?? ""));
    const [least, most] = [Math.min(...values), Math.max(...values)].map((each) => size(each));
    setText(byId("sql-range"), `${from} – ${to}, from ${least} to ${most}`);
    this.applyTheme();
  }
}

/** A day that the answer lacks, from the gateway. */
interface LeftOutDay {
  feed: string;
  day: string;
  why: string;
}

function renderLeftOut(days: readonly LeftOutDay[]): void {
  const box = byId("sql-left-out");
  box.hidden = days.length === 0;
  const named = days.map(({ feed, day }) => `${feed} ${day}`).join(", ");
  setText(box, `Left out: ${named}. ${days[0]?.why ?? ""} See ssmd reprocess run.`);
}

function renderBars({ points }: SqlChart): void {
  const most = Math.max(...points.map(({ value }) => Math.abs(value ?? 0)), Number.MIN_VALUE);
  byId("sql-bars").replaceChildren(...points.map(({ label, value }) => {
    const row = document.createElement("li");
    add(row, "span", { text: label });
    const bar = add(row, "i");
    bar.style.setProperty("--w", String(Math.round(Math.abs(value ?? 0) / most * 1000) / 10));
    add(row, "span", { text: textOf(value) });
    return row;
  }));
}

/** Shortest readable form of a time. */
function momentOf(text: string): string {
  return text.replace("T", " ").replace(/\.0+Z$|\.0+$/, "").replace(/Z$/, "");
}

function textOf(value: unknown): string {
  if (value === null) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
