/**
 * Metrics of a process and their text in Prometheus' exposition format 0.0.4. Written here because
 * counters are on the path of each record and every program loads this: a series is one string key
 * and one map lookup, and nothing else is loaded.
 *
 * @module
 */

/** Label values of one series, by label name. */
type LabelValues = Readonly<Record<string, string | number>>;

/** Media type of {@linkcode MetricRegistry.text}. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Name, help and label names of a metric; `collect` runs at each scrape, before any is read. */
interface MetricOptions {
  name: string;
  help: string;
  labels: readonly string[];
  collect?: (() => void) | undefined;
}

/** Metrics by name, in the order of their creation. */
export class MetricRegistry {
  #metrics = new Map<string, Metric<unknown>>();
  #labels: LabelValues = {};

  /** Adds a metric. Throws RangeError for a name that is taken. */
  add<M extends Metric<unknown>>(metric: M): M {
    if (this.#metrics.has(metric.name)) {
      throw new RangeError(`Metric "${metric.name}" exists already`);
    }
    this.#metrics.set(metric.name, metric);
    return metric;
  }

  /** Returns a metric; undefined = none of this name. */
  get(name: string): Metric<unknown> | undefined {
    return this.#metrics.get(name);
  }

  /** Sets labels that series without them get in the text. */
  setDefaultLabels(labels: LabelValues): void {
    this.#labels = labels;
  }

  /** Returns all metrics in the text format of Prometheus, after running their `collect`. */
  text(): string {
    const metrics = [...this.#metrics.values()];
    for (const { collect } of metrics) collect?.();
    return `${metrics.map((metric) => metric.text(this.#labels)).join("\n\n")}\n`;
  }
}

/** One name with a value of type `V` for each set of label values. */
export abstract class Metric<V> {
  abstract readonly type: string;
  readonly name: string;
  readonly collect: (() => void) | undefined;
  protected readonly series = new Map<string, { labels: LabelValues; value: V }>();
  #help: string;
  #labels: readonly string[];

  /** Throws RangeError for a name or label that Prometheus does not allow. */
  constructor({ name, help, labels, collect }: MetricOptions) {
    for (const word of [name, ...labels]) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(word)) throw new RangeError(`Bad name: "${word}"`);
    }
    this.name = name;
    this.collect = collect;
    this.#help = help;
    this.#labels = [...labels].sort();
  }

  /** Returns the lines of one series. */
  protected abstract lines(value: V, labels: SeriesLabels, to: LineWriter): string[];
  /** Returns the value of a new series. */
  protected abstract zero(): V;

  /** Removes all series; without labels, the only one starts again at zero. */
  reset(): void {
    this.series.clear();
  }

  /** Removes one series. */
  remove(labels: LabelValues): void {
    this.series.delete(this.key(labels));
  }

  /** Returns help, type and all series in the text format, without a line break at the end. */
  text(defaults: LabelValues): string {
    const { name } = this;
    const lines = [`# HELP ${name} ${escaped(this.#help)}`, `# TYPE ${name} ${this.type}`];
    const to = (suffix: string, labels: LabelValues, value: number) =>
      `${name}${suffix}${labelText(labels)} ${valueText(value)}`;
    if (this.#labels.length === 0) this.at(NO_LABELS);
    for (const { labels: own, value } of this.series.values()) {
      lines.push(...this.lines(value, { own, defaults }, to));
    }
    return lines.join("\n");
  }

  /** Returns the series of these labels, which exists from now on. */
  protected at(labels: LabelValues, key = this.key(labels)): { value: V } {
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const series = { labels, value: this.zero() };
    this.series.set(key, series);
    return series;
  }

  /** Returns the same key for the same label values, whatever their order. Throws RangeError for an unknown label. */
  protected key(labels: LabelValues): string {
    for (const name in labels) {
      if (!this.#labels.includes(name)) {
        throw new RangeError(`Metric "${this.name}" has no label "${name}"`);
      }
    }
    let key = "";
    for (const name of this.#labels) {
      const value = labels[name];
      if (value !== undefined) key += `${name}:${value},`;
    }
    return key;
  }
}

/** A metric whose series are single numbers. */
abstract class SingleValue extends Metric<number> {
  protected override zero(): number {
    return 0;
  }

  protected override lines(
    value: number,
    { own, defaults }: SeriesLabels,
    to: LineWriter,
  ): string[] {
    return [to("", { ...own, ...defaults, ...own }, value)];
  }
}

/** Counts that only rise. */
export class Counter extends SingleValue {
  readonly type = "counter";

  /** Adds `by` (default 1, at least 0) to the series of these labels, or of none. */
  inc(by?: number): void;
  inc(labels: LabelValues, by?: number): void;
  inc(first: LabelValues | number = 1, by = 1): void {
    if (typeof first === "number") this.#add(this.at(NO_LABELS, ""), first);
    else this.#add(this.at(first), by);
  }

  /** Returns one series; its key is computed only here. */
  labels(labels: LabelValues): { inc(by?: number): void } {
    const key = this.key(labels);
    return { inc: (by = 1) => this.#add(this.at(labels, key), by) };
  }

  #add(series: { value: number }, by: number): void {
    if (!(by >= 0 && by < Infinity)) {
      throw new RangeError(`Counter "${this.name}" cannot add ${by}`);
    }
    series.value += by;
  }
}

/** Values that rise and fall. */
export class Gauge extends SingleValue {
  readonly type = "gauge";

  /** Sets the series of these labels, or of none. */
  set(value: number): void;
  set(labels: LabelValues, value: number): void;
  set(first: LabelValues | number, value = 0): void {
    if (typeof first === "number") this.at(NO_LABELS, "").value = first;
    else this.at(first).value = value;
  }
}

/** Counts of observations up to each bound, their sum and their number. */
interface Observed {
  counts: number[];
  sum: number;
  count: number;
}

/** Distributions of observed values. */
export class Histogram extends Metric<Observed> {
  readonly type = "histogram";
  #bounds: readonly number[];

  /** `buckets`: upper bounds, rising. */
  constructor({ buckets, ...options }: MetricOptions & { buckets: readonly number[] }) {
    super(options);
    this.#bounds = [...buckets];
  }

  /** Counts a finite value in the series of these labels, or of none. */
  observe(value: number): void;
  observe(labels: LabelValues, value: number): void;
  observe(first: LabelValues | number, second = 0): void {
    const isPlain = typeof first === "number";
    const value = isPlain ? first : second;
    if (!Number.isFinite(value)) throw new RangeError(`Histogram "${this.name}" got ${value}`);
    const observed = (isPlain ? this.at(NO_LABELS, "") : this.at(first)).value;
    observed.sum += value;
    observed.count++;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) observed.counts[at] = (observed.counts[at] ?? 0) + 1;
  }

  protected override zero(): Observed {
    return { counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
  }

  protected override lines(
    { counts, sum, count }: Observed,
    { own, defaults }: SeriesLabels,
    to: LineWriter,
  ): string[] {
    let below = 0;
    const labels = { ...defaults, ...own };
    return [
      ...this.#bounds.map((le, i) => to("_bucket", { le, ...labels }, below += counts[i] ?? 0)),
      to("_bucket", { le: "+Inf", ...labels }, count),
      to("_sum", labels, sum),
      to("_count", labels, count),
    ];
  }
}

/** Labels of one series, and those of all. */
interface SeriesLabels {
  own: LabelValues;
  defaults: LabelValues;
}

/** Writes one line; `suffix` goes behind the metric's name. */
type LineWriter = (suffix: string, labels: LabelValues, value: number) => string;

const NO_LABELS: LabelValues = {};

function labelText(labels: LabelValues): string {
  const parts = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(String(value)).replaceAll('"', '\\"')}"`
  );
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value < 0 ? "-Inf" : "+Inf";
}
