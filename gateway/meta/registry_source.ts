import {
  type CheckResult,
  checkSources,
  type Origin,
  registryTextsOn,
  todayUtc,
} from "@ssmd/metadata";
import { GATEWAY_LIMITS } from "../limits.ts";

/** The registry on a day, checked. */
export interface RegistryView {
  /** By path inside the registry's folder. */
  texts: ReadonlyMap<string, string>;
  /** The sound files; findings are the command line's business. */
  found: CheckResult;
  day: string;
  origin: Origin;
}

interface Kept {
  view: Promise<RegistryView>;
  untilMs: number;
}

/** The registry from its folder and git history, cached for a while. */
export class RegistrySource {
  #dir: string;
  #kept = new Map<string, Kept>();

  /** `dir` is the registry's folder. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The registry on a day (`YYYY-MM-DD`), default today. Throws ConfigError `GIT_FAILED`. */
  on(day: string = todayUtc()): Promise<RegistryView> {
    // All days to come are today's files.
    const key = day >= todayUtc() ? "" : day;
    const kept = this.#kept.get(key);
    if (kept !== undefined && performance.now() < kept.untilMs) {
      return kept.view.then((view) => ({ ...view, day }));
    }
    const view = this.#read(day);
    const untilMs = performance.now() + GATEWAY_LIMITS.registryKeptMs;
    this.#kept.delete(key);
    this.#kept.set(key, { view, untilMs });
    view.catch(() => this.#kept.delete(key));
    if (this.#kept.size > GATEWAY_LIMITS.registryDaysKeptMax) {
      this.#kept.delete(this.#kept.keys().next().value as string);
    }
    return view;
  }

  async #read(day: string): Promise<RegistryView> {
    const { texts, ...view } = await registryTextsOn(this.#dir, day);
    const files = [...texts].map(([path, text]) => ({ path, text }));
    return {
      texts,
      found: checkSources(files, { isPast: view.origin.commit !== undefined }),
      ...view,
    };
  }
}
