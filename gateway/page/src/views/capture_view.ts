import { gatewayNowMs } from "../clock.ts";
import { add, byId, setAttribute, setClass, setText } from "../dom.ts";
import { bytes, count, dayTime, durationText, time } from "../format.ts";
import { readGaps } from "../net/gaps.ts";
import type { Rest } from "../net/rest.ts";
import { HOUR_MS, type HourCoverage, hoursOf, shareOf, shareText } from "../state/coverage.ts";
import type { FeedHealth, GapEntry } from "../state/feed_health.ts";
import { MetricsText } from "../state/metrics_text.ts";
import { ConditionsView } from "./conditions_view.ts";
import { JobsView } from "./jobs_view.ts";

const ASK_EVERY_S = 5;
const DAY_MS = 24 * HOUR_MS;

/** Archived day, from `/v1/meta/inventory`. */
interface ArchivedDay {
  feed: string;
  day: string;
  status: string;
  sealed: boolean;
  quality: number;
  records: number;
  bytes: number;
  from: number | null;
  to: number | null;
  gaps: number;
}

/** Completeness of today's capture: hours per feed, missing data, days, files and disk. */
export class CaptureView {
  #rest: Rest;
  #feeds: () => readonly FeedHealth[];
  #conditions: ConditionsView;
  #jobs: JobsView;
  #seconds = 0;
  #isHourShown = false;

  constructor(rest: Rest, feeds: () => readonly FeedHealth[]) {
    this.#rest = rest;
    this.#feeds = feeds;
    this.#conditions = new ConditionsView(rest);
    this.#jobs = new JobsView(rest);
    for (let hour = 0; hour < 24; hour++) {
      const head = add(byId("coverage-heads"), "th", {
        className: "hour",
        text: String(hour).padStart(2, "0"),
      });
      head.scope = "col";
    }
  }

  /** Called when the view is shown. */
  open(): void {
    this.#seconds = 0;
    this.#isHourShown = false;
    void this.tick();
  }

  /** Called once a second while the view is visible. */
  async tick(): Promise<void> {
    if (this.#seconds++ % ASK_EVERY_S !== 0) return;
    // Not awaited: unresponsive storage must not delay these.
    void this.#conditions.update();
    void this.#jobs.update();
    const dayMs = Math.floor(gatewayNowMs() / DAY_MS) * DAY_MS;
    const [inventory, read, metrics] = await Promise.all([
      this.#rest.get("/v1/meta/inventory"),
      readGaps(this.#rest, dayMs),
      this.#rest.text("/metrics"),
    ]);
    if (!inventory.ok) {
      setText(byId("capture-note"), `The archive does not answer: ${inventory.detail}`);
    }
    if (!inventory.ok || read === undefined) return;
    const days = inventory.body["days"] as ArchivedDay[];
    const hints = inventory.body["_hints"] as string[];
    setText(byId("capture-note"), read.isCut ? "There are more gaps than are counted here." : "");
    this.#renderFeeds(dayMs, days, read.gaps);
    this.#renderDays(days, hints);
    setText(byId("dead-letters"), lettersText(inventory.body["dead_letters"]));
    this.#renderDisk(metrics === undefined ? undefined : new MetricsText(metrics), days);
  }

  #renderFeeds(dayMs: number, days: readonly ArchivedDay[], gaps: readonly GapEntry[]): void {
    const nowMs = gatewayNowMs();
    const rows = this.#feeds().map(({ feed }) => {
      const own = gaps.filter((gap) => gap.feed === feed);
      const begin = days.find((day) => day.feed === feed)?.from ?? null;
      const hours = begin === null ? [] : hoursOf(dayMs, own, { sinceMs: begin, nowMs });
      return rowOf(feed, hours, begin);
    });
    byId("coverage-rows").replaceChildren(...rows);
    if (this.#isHourShown || rows.length === 0) return;
    this.#isHourShown = true;
    // On a phone the day is wider than the screen: it is moved once, to the hours up to now.
    const hour = byId("coverage-heads").children[new Date(nowMs).getUTCHours() + 1];
    hour?.scrollIntoView({ block: "nearest", inline: "end" });
  }

  #renderDays(days: readonly ArchivedDay[], hints: readonly string[]): void {
    const rows = days.toReversed().map((day) => {
      const row = document.createElement("tr");
      const values = [
        day.day,
        day.feed,
        day.status,
        day.sealed ? "sealed" : "windows",
        count(day.records),
        bytes(day.bytes),
        shareText(day.quality),
        count(day.gaps),
      ];
      for (const value of values) add(row, "td", { text: value });
      return row;
    });
    byId("day-rows").replaceChildren(...rows);
    byId("day-table").hidden = rows.length === 0;
    const sealed = days.filter((day) => day.sealed).length;
    setText(byId("day-count"), `${sealed} of ${days.length} sealed in the last week`);
    setText(byId("days-hint"), hints.join(" "));
  }

  #renderDisk(metrics: MetricsText | undefined, days: readonly ArchivedDay[]): void {
    const free = metrics?.sum("ssmd_process_disk_free_bytes");
    const size = metrics?.sum("ssmd_process_disk_size_bytes");
    const lastMs = Math.max(...days.map(({ to }) => to ?? 0));
    setText(byId("last-file"), lastMs > 0 ? `${dayTime(lastMs)} UTC` : "none yet");
    setText(
      byId("disk-left"),
      free === undefined || size === undefined
        ? "not told here"
        : `${bytes(free)} of ${bytes(size)}`,
    );
  }
}

/** Number of dead letters by component. */
function lettersText(byComponent: unknown): string {
  const counts = Object.entries(byComponent as Record<string, number>);
  if (counts.length === 0) return "none";
  return `${counts.map(([name, some]) => `${name} ${count(some)}`).join(", ")}: ssmd dlq list`;
}

function rowOf(feed: string, hours: readonly HourCoverage[], begin: number | null): HTMLElement {
  const row = document.createElement("tr");
  const head = add(row, "th", { text: feed });
  head.scope = "row";
  const verdict = add(head, "small", { text: verdictOf(hours, begin) });
  const isWhole = hours.every(({ unplannedMs, partial }) => unplannedMs === 0 && partial === 0);
  setClass(verdict, hours.length === 0 ? "dim" : isWhole ? "up" : "warn");
  for (let hour = 0; hour < 24; hour++) fillHour(add(row, "td"), hours[hour]);
  return row;
}

function fillHour(cell: HTMLElement, hour: HourCoverage | undefined): void {
  const share = hour === undefined ? null : shareOf(hour);
  if (hour === undefined || share === null) {
    cell.className = "hour";
    return setAttribute(cell, "aria-label", "not recorded");
  }
  const { unplannedMs, plannedMs, partial, reasons, startMs } = hour;
  const state = unplannedMs > 0 ? "missing" : plannedMs > 0 ? "planned" : "whole";
  setClass(cell, `hour ${state}${partial > 0 ? " partial" : ""}`);
  setText(cell, share < 1 ? shareText(share).slice(0, -1) : partial > 0 ? String(partial) : "✓");
  const words = [
    `${time(startMs).slice(0, 5)}: ${shareText(share)}`,
    ...(unplannedMs > 0 ? [`${durationText(unplannedMs)} missing (${reasons.join(", ")})`] : []),
    ...(plannedMs > 0 ? [`${durationText(plannedMs)} stopped on purpose`] : []),
    ...(partial > 0 ? [`${count(partial)} gaps of single markets or channels`] : []),
  ];
  cell.title = words.join(" · ");
}

/** Short summary of a feed's day. */
function verdictOf(hours: readonly HourCoverage[], begin: number | null): string {
  if (begin === null) return "no file yet";
  const sum = (of: (hour: HourCoverage) => number) =>
    hours.reduce((all, hour) => all + of(hour), 0);
  const [missing, planned] = [sum((hour) => hour.unplannedMs), sum((hour) => hour.plannedMs)];
  const partial = sum((hour) => hour.partial);
  const isYoung = begin > (hours[0]?.startMs ?? 0);
  const parts = [
    missing > 0
      ? `${durationText(missing)} missing`
      : partial > 0
      ? "gaps of single markets"
      : "whole",
    ...(isYoung ? [`since ${time(begin).slice(0, 5)}`] : []),
    ...(planned > 0 ? [`· ${durationText(planned)} stopped on purpose`] : []),
  ];
  return parts.join(" ");
}
