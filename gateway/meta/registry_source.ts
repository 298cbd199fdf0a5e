import {
  type CheckResult,
  checkSources,
  type Origin,
  registryTextsOn,
  todayUtc,
} from "@ssmd/metadata";
import { KeptAnswers } from "../kept_answers.ts";
import { GATEWAY_LIMITS } from "../limits.ts";

/** The validated registry of a day. */
export interface RegistryView {
  /** Texts by path in the registry's folder. */
  texts: ReadonlyMap<string, string>;
  /** The valid files; the command line reports findings. */
  found: CheckResult;
  day: string;
  origin: Origin;
}

/** The registry from its folder and git history, cached. */
export class RegistrySource {
  #dir: string;
  #views = new KeptAnswers<RegistryView>(GATEWAY_LIMITS.registryDaysKeptMax);

  /** `dir` is the registry's folder. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Returns the registry on a day `YYYY-MM-DD`, default today. Throws ConfigError `GIT_FAILED`. */
  async on(day: string = todayUtc()): Promise<RegistryView> {
    // Future days use today's files.
    const key = day >= todayUtc() ? "" : day;
    const view = await this.#views.of(key, GATEWAY_LIMITS.registryKeptMs, () => this.#read(day));
    return { ...view, day };
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
