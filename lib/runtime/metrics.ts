import { Counter, Gauge, Histogram, type Metric, MetricRegistry } from "./metric_registry.ts";

/** Label values of one time series; never taken from client input. */
type Labels = Record<string, string>;

/**
 * Label names, or label names with all known values: those series start at 0, so their first
 * increase is visible.
 */
type CounterLabels = readonly string[] | Readonly<Record<string, readonly string[]>>;

/**
 * Prometheus metrics of one component, named `ssmd_{component}_{what}_{unit or total}`. Creating a
 * metric with a known name returns the existing one.
 */
export class Metrics {
  /** Where they are scraped, with those of other components. */
  readonly registry: MetricRegistry;
  #prefix: string;

  /** Metrics of `component`; a shared `registry` exposes several components in one scrape. */
  constructor(component: string, registry = new MetricRegistry()) {
    this.registry = registry;
    this.#prefix = `ssmd_${component}_`;
  }

  /** Creates a counter; `name` without prefix, ending in `_total`. */
  counter(name: string, help: string, labels: CounterLabels = []): Counter {
    const names = isNames(labels) ? labels : Object.keys(labels);
    const counter = this.#make(name, (full) => new Counter({ name: full, help, labels: names }));
    if (!isNames(labels)) { for (const series of combinations(labels)) counter.inc(series, 0); }
    return counter;
  }

  /** Creates a gauge; `collect` runs at each scrape to set it. */
  gauge(
    name: string,
    help: string,
    { labels = [], collect }: {
      labels?: readonly string[] | undefined;
      collect?: (() => void) | undefined;
    } = {},
  ): Gauge {
    return this.#make(name, (full) => new Gauge({ name: full, help, labels, collect }));
  }

  /** Creates a histogram in seconds; default buckets from 100 µs to 60 s. */
  histogram(
    name: string,
    help: string,
    { labels = [], buckets = SECONDS_BUCKETS }: {
      labels?: readonly string[] | undefined;
      buckets?: readonly number[] | undefined;
    } = {},
  ): Histogram {
    return this.#make(name, (full) => new Histogram({ name: full, help, labels, buckets }));
  }

  /** Returns all metrics of the registry in Prometheus text format. */
  text(): string {
    return this.registry.text();
  }

  #make<M extends Metric<unknown>>(name: string, create: (full: string) => M): M {
    const full = this.#prefix + name;
    return this.registry.get(full) as M | undefined ?? this.registry.add(create(full));
  }
}

function isNames(labels: CounterLabels): labels is readonly string[] {
  return Array.isArray(labels);
}

/** Returns every combination of label values. */
function combinations(known: Readonly<Record<string, readonly string[]>>): Labels[] {
  return Object.entries(known).reduce<Labels[]>(
    (sets, [name, values]) =>
      sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value }))),
    [{}],
  );
}

const SECONDS_BUCKETS = [
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  60,
];
