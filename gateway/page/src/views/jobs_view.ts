import { add, byId, setClass, setText } from "../dom.ts";
import { dayTime, valuesText } from "../format.ts";
import type { Rest } from "../net/rest.ts";

const JOBS_SHOWN = 10;
const RESULT_CHARACTERS_MAX = 120;

/** Job, from `/v1/admin/jobs`. */
interface Job {
  job: string;
  state: string;
  created_at: number;
  started_at: number | null;
  error: { message: string } | null;
  steps: readonly { name: string; ended_at: number | null; result: object | null }[];
}

/** Schedule, from `/v1/admin/schedules`. */
interface Schedule {
  schedule: string;
  title: string;
  state: string;
  next: number | null;
}

/** Newest jobs with progress and result, and the schedules; for operators. */
export class JobsView {
  #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Loads and shows the current state; hidden when access is denied. */
  async update(): Promise<void> {
    const [jobs, schedules] = await Promise.all([
      this.#rest.text(`/v1/admin/jobs?limit=${JOBS_SHOWN}`),
      this.#rest.text("/v1/admin/schedules"),
    ]);
    const isShown = jobs !== undefined && schedules !== undefined;
    byId("jobs-card").hidden = !isShown;
    if (!isShown) return;
    const { jobs: list } = JSON.parse(jobs) as { jobs: readonly Job[] };
    byId("job-rows").replaceChildren(...list.map(jobRow));
    const failed = list.filter(({ state }) => state === "failed").length;
    setText(byId("jobs-state"), failed > 0 ? `${failed} failed` : "");
    setClass(byId("jobs-state"), failed > 0 ? "warn" : "");
    const { schedules: all } = JSON.parse(schedules) as { schedules: readonly Schedule[] };
    byId("schedule-rows").replaceChildren(...all.map(scheduleRow));
  }
}

function jobRow({ job, state, created_at, started_at, error, steps }: Job): HTMLElement {
  const row = document.createElement("tr");
  const done = steps.filter(({ ended_at }) => ended_at !== null).map(({ name }) => name);
  const last = steps.findLast(({ result }) => result !== null)?.result;
  const result = error?.message ?? (valuesText(last ?? {}));
  const begun = dayTime(started_at ?? created_at);
  for (const text of [job, state, begun, done.join(", "), result.slice(0, RESULT_CHARACTERS_MAX)]) {
    add(row, "td", { text });
  }
  return row;
}

function scheduleRow({ schedule, title, state, next }: Schedule): HTMLElement {
  const row = document.createElement("li");
  add(row, "b", { text: schedule });
  const when = next === null ? state : `next at ${dayTime(next)} UTC`;
  add(row, "span", { text: `: ${title}; ${when}` });
  return row;
}
