/** Writes each dashboard's file to `deploy/grafana/dashboards`; `--check` only compares. @module */
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { DASHBOARDS, type DashboardSpec, type PanelSpec } from "./dashboards.ts";

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const WIDTH = 12;
const HEIGHT = 8;

/** Returns Grafana's JSON of a dashboard, with a trailing newline. */
function dashboardText({ name, title, panels }: DashboardSpec): string {
  const dashboard = new DashboardBuilder(`ssmd: ${title}`)
    .uid(`ssmd-${name}`).tags(["ssmd"]).readonly().timezone("utc")
    .refresh("30s").time({ from: "now-1h", to: "now" })
    .withVariable(
      new DatasourceVariableBuilder("datasource").type("prometheus").label("Data source"),
    );
  for (const [index, spec] of panels.entries()) dashboard.withPanel(panelOf(spec, index));
  return JSON.stringify(dashboard.build(), null, 2) + "\n";
}

function panelOf({ title, unit, about, lines }: PanelSpec, index: number): PanelBuilder {
  const panel = new PanelBuilder()
    .id(index + 1).title(title).description(about).unit(unit).datasource(DATASOURCE)
    .gridPos({
      ...{ x: index % 2 * WIDTH, y: Math.floor(index / 2) * HEIGHT },
      ...{ w: WIDTH, h: HEIGHT },
    });
  for (const [i, [expression, legend]] of lines.entries()) {
    const refId = String.fromCharCode("A".charCodeAt(0) + i);
    panel.withTarget(new DataqueryBuilder().expr(expression).legendFormat(legend).refId(refId));
  }
  return panel;
}

if (import.meta.main) {
  const folder = new URL("./dashboards/", import.meta.url);
  for (const spec of DASHBOARDS) {
    const file = new URL(`${spec.name}.json`, folder);
    const text = dashboardText(spec);
    if (!Deno.args.includes("--check")) await Deno.writeTextFile(file, text);
    else if (await Deno.readTextFile(file).catch(() => "") !== text) {
      console.error(`deploy/grafana/dashboards/${spec.name}.json is not of its list`);
      Deno.exitCode = 1;
    }
  }
}
