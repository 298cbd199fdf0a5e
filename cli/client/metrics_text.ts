/**
 * First value in Prometheus' text format of a series: a name with any labels, or a name with all
 * its labels; undefined if absent.
 */
export function metricIn(metrics: string, series: string): number | undefined {
  const line = metrics.split("\n").find((each) =>
    each.startsWith(`${series} `) || each.startsWith(`${series}{`)
  );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}

/** Values of a metric by the value of its only label. */
export function metricsByLabel(metrics: string, name: string): Map<string, number> {
  const series = new RegExp(`^${name}\\{\\w+="([^"]*)"\\} (\\S+)$`, "gm");
  return new Map(
    [...metrics.matchAll(series)].map(([, label, value]) => [`${label}`, Number(value)]),
  );
}
