/**
 * Generates two parts of the chart: its values schema and the Prometheus rules; `--check` only
 * compares. @module
 */
import { valuesSchemaText } from "./chart_values.ts";

const ROOT = new URL("../../deploy/", import.meta.url);
const FILES: Readonly<Record<string, () => string>> = {
  "charts/ssmd/values.schema.json": valuesSchemaText,
  "charts/ssmd/files/alerts.yaml": () => textOf("prometheus/alerts.yaml"),
  "charts/ssmd/files/rules.yaml": () => textOf("prometheus/rules.yaml"),
};

function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

if (import.meta.main) {
  for (const [path, make] of Object.entries(FILES)) {
    const text = make();
    if (!Deno.args.includes("--check")) Deno.writeTextFileSync(new URL(path, ROOT), text);
    else if (textOf(path) !== text) {
      console.error(`deploy/${path} is stale; run: deno task codegen`);
      Deno.exitCode = 1;
    }
  }
}
