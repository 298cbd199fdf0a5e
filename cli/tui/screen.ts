import { cleanText } from "@ssmd/runtime";
import { agoText } from "../format.ts";
import type { Row } from "../render.ts";
import type { Pane, Tui } from "./tui.ts";

/** Style of a text segment when colours are available. */
export type Style = "plain" | "title" | "selected" | "good" | "warn" | "bad" | "dim";

/** Segment of a line. */
interface Segment {
  text: string;
  style: Style;
}

/** Line of the screen, left to right. */
type Line = readonly Segment[];

interface Size {
  columns: number;
  rows: number;
}

const GAP = "  ";
/** Maximum width of a cell, characters; the last column takes the remaining width. */
const CELL_MAX = 40;
/** Content is old when it is older than the interval of its view by this, ms. */
const LATE_MS = 2_000;
const TEXT_MAX = 2_000;
/** A column is omitted when less width than this remains. */
const CELL_MIN = 8;

const GOOD = /^(live|healthy|running|done|open|sealed|complete|on|synchronized|ok)$/;
const BAD =
  /^(gap: .*|disconnected|dropping|failed|error|unsynchronized|stopped|damaged|incomplete)$/;
const WARN = /^(connecting|silent|lagging|queued|warn|unknown|paused|stale|cancelled)$/;

/** Renders the screen, at most `size.rows` lines; stores in `tui` how many rows fit. */
export function screenLines(tui: Tui, size: Size): Line[] {
  const head = [headerLine(tui), tabLine(tui)];
  const foot = footLines(tui, size.columns);
  const room = Math.max(0, size.rows - head.length - foot.length);
  const body = bodyLines(tui, { columns: size.columns, rows: room }).slice(0, room);
  while (body.length < room) body.push([]);
  return [...head, ...body, ...foot].slice(0, size.rows);
}

function plain(text: string, style: Style = "plain"): Line {
  return [{ text, style }];
}

function headerLine({ source, feeds }: Tui): Line {
  const { location: { env }, awaySinceMs, url } = source;
  const name = { text: `ssmd ${env}  `, style: "title" } as const;
  if (awaySinceMs === undefined) return [name, ...plain(`${feeds}  `), ...plain(url, "dim")];
  return [name, ...plain(`AWAY for ${agoText(awaySinceMs)}, trying again. ${feeds}`, "bad")];
}

function tabLine({ panes, pane }: Tui): Line {
  return panes.flatMap((each, i): Line => {
    const name = `${i + 1} ${each.view.name}`;
    return each === pane ? plain(`[${name}]`, "selected") : plain(` ${name} `, "dim");
  });
}

function footLines({ pane, prompt, message, rows, selectedIndex }: Tui, columns: number): Line[] {
  const all = pane.content?.rows.length ?? 0;
  const found = pane.filter === "" ? "" : ` of ${all} with "${pane.filter}"`;
  const count = `${selectedIndex + 1}/${rows.length}${found}`;
  const keys = pane.view.actions.map(({ key, label }) => `${key} ${label}`);
  const help = [...keys, "/ filter", "? keys", "q quit"].join("  ");
  if (prompt === undefined) {
    const old = oldText(pane);
    const style = `${old}${pane.problem}` === "" ? "warn" : "bad";
    const said = plain(`${old}${pane.problem || message}`, style);
    return [said, plain(`${count}  ${help}`.slice(0, columns), "dim")];
  }
  if (prompt.kind === "filter") {
    return [plain(`filter: ${pane.filter}_`, "title"), plain(`${count}  Enter keeps, Esc clears`)];
  }
  const { action, row, choice } = prompt;
  if (prompt.kind === "confirm") {
    return [plain(action.question(row, choice), "title"), plain("y does it, any other key not")];
  }
  const choices = (action.choices ?? []).map((word, i) => `${i + 1} ${word}`).join("  ");
  return [plain(`${action.label}: ${choices}`, "title"), plain("any other key: nothing is done")];
}

/** Age of content that should have been read again by now; "" = it is as new as it can be. */
function oldText({ readAtMs, view }: Pane): string {
  if (readAtMs === undefined || Date.now() - readAtMs < view.everyMs + LATE_MS) return "";
  return `Read ${agoText(readAtMs)} ago. `;
}

const HELP: readonly (readonly [string, string])[] = [
  ["1 to 9, Tab, left, right", "another view"],
  ["up, down, k, j, Page, Home, End", "another row"],
  ["Enter", "all fields of the row"],
  ["/", "only rows with a text; Esc shows all again"],
  ["q, Ctrl-C", "back to the shell; what is captured goes on"],
];

function bodyLines(tui: Tui, size: Size): Line[] {
  const { pane, overlay } = tui;
  if (overlay === "help") return [[], ...helpLines(pane)];
  const row = tui.rows[tui.selectedIndex];
  if (overlay === "details" && row !== undefined) return [[], ...detailLines(row, size.columns)];
  if (pane.content === undefined) return [[], plain(pane.problem === "" ? "reading ..." : "")];
  const notes = (pane.content.notes ?? []).map((note) => plain(cleanText(note, TEXT_MAX), "dim"));
  if (tui.rows.length === 0) {
    const { filter, view } = pane;
    return [[], ...notes, plain(filter === "" ? view.empty : `Nothing has "${filter}".`)];
  }
  return [[], ...notes, ...tableLines(tui, { ...size, rows: size.rows - notes.length - 1 })];
}

function helpLines({ view }: Pane): Line[] {
  const own = view.actions.map(({ key, label }) => [key, label] as const);
  return [...HELP, ...own].map(([key, what]) => plain(`  ${key.padEnd(32)} ${what}`));
}

function detailLines(row: Row, columns: number): Line[] {
  const names = Object.keys(row);
  const width = Math.max(...names.map(({ length }) => length));
  const room = Math.max(CELL_MIN, columns - width - 4);
  return names.flatMap((name) => {
    const text = textOf(row[name], TEXT_MAX);
    const parts = text.match(new RegExp(`.{1,${room}}`, "gu")) ?? ["-"];
    return parts.map((part, i): Line => [
      { text: `  ${(i === 0 ? name : "").padEnd(width)}  `, style: "dim" },
      { text: part, style: styleOf(part) },
    ]);
  });
}

/** Header and the rows that fit, scrolled so that the selected one is visible. */
function tableLines(tui: Tui, { columns, rows: room }: Size): Line[] {
  const { pane, rows, selectedIndex } = tui;
  const count = tui.pageRows = Math.max(1, room - 1);
  pane.top = Math.max(
    Math.min(pane.top, selectedIndex, rows.length - count),
    selectedIndex - count + 1,
    0,
  );
  const shown = rows.slice(pane.top, pane.top + count);
  pane.view.onShown?.(shown);
  const layout = layoutOf(pane, shown, columns);
  const head = layout.map((column) => fitted(column.name.toUpperCase(), column)).join(GAP);
  return [
    plain(` ${head}`, "dim"),
    ...shown.map((row, i) => rowLine(row, layout, pane.top + i === selectedIndex)),
  ];
}

interface Column {
  name: string;
  width: number;
  isNumber: boolean;
}

function rowLine(row: Row, layout: readonly Column[], isSelected: boolean): Line {
  const cells = layout.map((column): Segment => {
    const text = textOf(row[column.name], column.width);
    const gap = column === layout.at(-1) ? "" : GAP;
    return { text: fitted(text, column) + gap, style: isSelected ? "selected" : styleOf(text) };
  });
  return [{ text: isSelected ? ">" : " ", style: isSelected ? "selected" : "plain" }, ...cells];
}

/** Columns that fit, from the left; the last one may be cut. */
function layoutOf({ widths }: Pane, shown: readonly Row[], columns: number): Column[] {
  let room = columns - 1;
  const layout: Column[] = [];
  for (const name of Object.keys(shown[0] ?? {})) {
    const longest = Math.max(
      name.length,
      ...shown.map((row) => textOf(row[name], TEXT_MAX).length),
    );
    const wanted = Math.max(longest, widths.get(name) ?? 0);
    widths.set(name, Math.min(wanted, TEXT_MAX));
    if (room < Math.min(wanted, CELL_MIN)) break;
    const isLast = name === Object.keys(shown[0] ?? {}).at(-1);
    const width = Math.min(wanted, room, isLast ? Infinity : CELL_MAX);
    const cells = shown.map((row) => row[name] ?? undefined).filter((cell) => cell !== undefined);
    const isNumber = cells.length > 0 && cells.every((cell) => typeof cell === "number");
    layout.push({ name, width, isNumber });
    room -= width + GAP.length;
  }
  return layout;
}

function fitted(text: string, { width, isNumber }: Column): string {
  const cut = text.length > width ? `${text.slice(0, Math.max(0, width - 1))}~` : text;
  return isNumber ? cut.padStart(width) : cut.padEnd(width);
}

const FRACTION_OF_TIME = /(T\d\d:\d\d:\d\d)\.\d+Z$/;

/** Cell text without terminal control characters; times to the second. */
function textOf(cell: Row[string], most: number): string {
  if (cell === null || cell === undefined || cell === "") return "-";
  return cleanText(String(cell).replace(FRACTION_OF_TIME, "$1Z"), most + 1);
}

function styleOf(text: string): Style {
  if (GOOD.test(text)) return "good";
  if (BAD.test(text)) return "bad";
  return WARN.test(text) ? "warn" : "plain";
}
