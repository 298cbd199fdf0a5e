import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Label values of one time series; values come from us, never from a client. */
type Labels = Record<string, string>;

/**
 * Names of labels, or names with all values that are known beforehand: a count of each is 0 from the
 * start, so that its first rise is seen.
 */
type CounterLabels = readonly string[] | Readonly<Record<string, readonly string[]>>;

/**
 * Prometheus metrics of one component, named `ssmd_{component}_{what}_{unit or total}`.
 * Asking twice for a name gives the same metric.
 */
export class Metrics {
  /** The prom-client registry behind it. */
  readonly registry: Registry;
  #prefix: string;

  /** Metrics of `component`; a shared `registry` lets several components be scraped at once. */
  constructor(component: string, registry: Registry = new Registry()) {
    this.registry = registry;
    this.#prefix = `ssmd_${component}_`;
  }

  /** A count that only rises; `name` without prefix, ending in `_total`. */
  counter(name: string, help: string, labels: CounterLabels = []): Counter<string> {
    const labelNames = isNames(labels) ? [...labels] : Object.keys(labels);
    const counter = this.#make(
      name,
      (full) => new Counter({ name: full, help, labelNames, registers: [this.registry] }),
    );
    if (!isNames(labels)) { for (const series of combinations(labels)) counter.inc(series, 0); }
    return counter;
  }

  /** A value that goes up and down; `collect` is called at each scrape, to set it then. */
  gauge(
    name: string,
    help: string,
    { labels = [], collect }: {
      labels?: readonly string[] | undefined;
      collect?: (() => void) | undefined;
    } = {},
  ): Gauge<string> {
    return this.#make(
      name,
      (full) =>
        new Gauge({
          ...{ name: full, help, labelNames: [...labels], registers: [this.registry] },
          ...(collect ? { collect } : {}),
        }),
    );
  }

  /** A distribution in seconds; buckets from 100 µs to 60 s unless given. */
  histogram(
    name: string,
    help: string,
    { labels = [], buckets = SECONDS_BUCKETS }: {
      labels?: readonly string[] | undefined;
      buckets?: readonly number[] | undefined;
    } = {},
  ): Histogram<string> {
    return this.#make(name, (full) =>
      new Histogram({
        name: full,
        help,
        labelNames: [...labels],
        buckets: [...buckets],
        registers: [this.registry],
      }));
  }

  /** The text of all metrics in the registry, as Prometheus scrapes it. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  #make<M>(name: string, create: (full: string) => M): M {
    const full = this.#prefix + name;
    const known = this.registry.getSingleMetric(full) as M | undefined;
    return known ?? create(full);
  }
}

function isNames(labels: CounterLabels): labels is readonly string[] {
  return Array.isArray(labels);
}

/** Each label set that the values make. */
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
