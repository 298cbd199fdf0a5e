import assert from "node:assert/strict";
import { parse } from "yaml";
import { type Prometheus, type Sample, startPrometheus } from "../servers/prometheus.ts";
import { eventually } from "./_process.ts";

const RULES = new URL("../../deploy/prometheus/", import.meta.url);
/** Waits of the rules, `for:`, become so much shorter: half a second for each minute. */
const WAIT_SCALE = 1 / 120;
const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** A rule of a rule file. */
export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
}

/** A fault that is really made, and the alerts that it causes. */
export interface AlertFault<Bench> {
  /** What is done, in a few words. */
  fault: string;
  alerts: readonly string[];
  /** Absent = the fault is there from the start of the run. */
  make?: (bench: Bench) => Promise<void> | void;
  /** Ends it; absent = it stays, or ends by itself. */
  mend?: (bench: Bench) => Promise<void> | void;
  /** Labels of its alerts, where another one may fire too: `feed="kraken"`. */
  labels?: string;
  /** False = it cannot be made here, as without root. */
  isPossible?: boolean;
}

type Labelled = Pick<AlertFault<unknown>, "fault" | "alerts" | "labels">;

function namesIn(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map(({ labels }) => labels["alertname"] ?? ""))].sort();
}

/** All rules of a file of `deploy/prometheus`. */
export function rulesIn(text: string): Rule[] {
  return parse(text).groups.flatMap(({ rules }: { rules: Rule[] }) => rules);
}

/** The text of a file of `deploy/prometheus`. */
export function ruleText(name: "alerts.yaml" | "rules.yaml"): Promise<string> {
  return Deno.readTextFile(new URL(name, RULES));
}

/** A rule file whose waits are multiplied by `scale`, at least a second; all else is as it was. */
export function withScaledWaits(text: string, scale: number): string {
  return text.replace(/^( +for: )(\d+)([smh])$/gm, (_, head, count, unit: keyof typeof SECONDS) => {
    const seconds = Number(count) * SECONDS[unit] * scale;
    return `${head}${Math.max(1, Math.round(seconds))}s`;
  });
}

/** Our Prometheus with our rules, that scrapes and evaluates each second. */
export class Watch implements AsyncDisposable {
  #prometheus: Prometheus;

  private constructor(prometheus: Prometheus) {
    this.#prometheus = prometheus;
  }

  /** Starts one that scrapes these processes, by `host:port`, with their labels. */
  static async start(
    folder: string,
    targets: Readonly<Record<string, Record<string, string>>>,
  ): Promise<Watch> {
    for (const name of ["alerts.yaml", "rules.yaml"] as const) {
      const text = withScaledWaits(await ruleText(name), WAIT_SCALE);
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const static_configs = Object.entries(targets)
      .map(([target, labels]) => ({ targets: [target], labels }));
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: ["alerts.yaml", "rules.yaml"],
      scrape_configs: [{ job_name: "ssmd", static_configs }],
    };
    return new Watch(await startPrometheus(folder, JSON.stringify(config)));
  }

  /** Evaluates an expression now. */
  query(expression: string) {
    return this.#prometheus.query(expression);
  }

  /** Waits until an expression has a sample. */
  async sees(what: string, expression: string): Promise<void> {
    await eventually(what, async () => (await this.query(expression)).length > 0);
  }

  /** Names of the alerts that fire now, in order. */
  async firing(): Promise<string[]> {
    return namesIn(await this.query('ALERTS{alertstate="firing"}'));
  }

  /** Waits until all alerts of a fault have fired since `sinceMs`, be it for a moment. */
  async #fired({ fault, alerts, labels = "" }: Labelled, sinceMs: number): Promise<void> {
    let missing = [...alerts];
    await eventually(`all alerts of "${fault}"`, async () => {
      const seconds = Math.max(1, Math.floor((Date.now() - sinceMs) / 1000));
      const firing = `ALERTS{alertstate="firing", ${labels}}[${seconds}s]`;
      const names = namesIn(await this.query(`count_over_time(${firing})`));
      missing = alerts.filter((alert) => !names.includes(alert));
      return missing.length === 0;
    }).catch((error) => assert.fail(`${error}; missing: ${missing.join(", ")}`));
  }

  /** Makes each fault after the other; its alerts do not fire before, and then they do. */
  async see<Bench>(t: Deno.TestContext, faults: readonly AlertFault<Bench>[], bench: Bench) {
    for (const fault of faults) {
      const isSeen = await t.step({
        name: `${fault.fault}: ${fault.alerts.join(", ")}`,
        ignore: fault.isPossible === false,
        fn: async () => {
          if (fault.make !== undefined) await this.#quiet(fault);
          const sinceMs = fault.make === undefined ? 0 : Date.now();
          await fault.make?.(bench);
          await this.#fired(fault, sinceMs);
          await fault.mend?.(bench);
        },
      });
      // The next ones rely on it.
      if (!isSeen && fault.isPossible !== false) return;
    }
  }

  /** Waits until no alert of a fault fires, or is about to. */
  async #quiet({ fault, alerts, labels = "" }: Labelled): Promise<void> {
    await eventually(`an end of ${alerts.join(", ")} before "${fault}"`, async () => {
      const names = namesIn(await this.query(`ALERTS{${labels}}`));
      return !alerts.some((alert) => names.includes(alert));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#prometheus[Symbol.asyncDispose]() as Promise<void>;
  }
}
