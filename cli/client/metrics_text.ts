/**
 * The first value of a series in Prometheus' text format: of a name with whatever labels, or of a name
 * with all its labels. Undefined = it is not there. @module
 */
export function metricIn(metrics: string, series: string): number | undefined {
  const line = metrics.split("\n").find((each) =>
    each.startsWith(`${series} `) || each.startsWith(`${series}{`)
  );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}
