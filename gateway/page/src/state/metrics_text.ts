/** Sample line in Prometheus' text format. */
interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** Metrics of the gateway, read from Prometheus' text format. */
export class MetricsText {
  #samples = new Map<string, Sample[]>();

  constructor(text: string) {
    for (const line of text.split("\n")) {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (match === null) continue;
      const [, name = "", labels = "", value = ""] = match;
      let samples = this.#samples.get(name);
      if (samples === undefined) this.#samples.set(name, samples = []);
      samples.push({ labels: labelsOf(labels), value: Number(value) });
    }
  }

  /** Sum of a metric's samples, optionally those with these labels; undefined = none. */
  sum(name: string, labels: Record<string, string> = {}): number | undefined {
    const fitting = this.#fitting(name, labels);
    return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0);
  }

  /** Quantile of a histogram, as the upper bound of its bucket; undefined without measurements. */
  quantile(name: string, share: number, labels: Record<string, string> = {}): number | undefined {
    const total = this.sum(`${name}_count`, labels) ?? 0;
    if (total === 0) return undefined;
    const buckets = this.#fitting(`${name}_bucket`, labels)
      .map(({ labels: { le }, value }) => [le === "+Inf" ? Infinity : Number(le), value] as const)
      .sort((a, b) => a[0] - b[0]);
    return buckets.find(([, count]) => count >= total * share)?.[0];
  }

  #fitting(name: string, wanted: Record<string, string>): Sample[] {
    const entries = Object.entries(wanted);
    return (this.#samples.get(name) ?? []).filter(({ labels }) =>
      entries.every(([key, value]) => labels[key] === value)
    );
  }
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, key = "", value = ""] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[key] = value.replace(/\\(.)/g, (_, char) => char === "n" ? "\n" : char);
  }
  return labels;
}
