import { DASHBOARDS } from "../../deploy/grafana/dashboards.ts";
import { eventually } from "./_process.ts";
import type { Watch } from "./_watch.ts";

/** An expression of a panel. */
interface PanelExpression {
  expression: string;
  /** Panel and dashboard, for messages. */
  where: string;
}

/** Expressions of all panels of all dashboards. */
export const PANELS: readonly PanelExpression[] = DASHBOARDS.flatMap(({ name, panels }) =>
  panels.flatMap(({ title, lines }) =>
    lines.map(([expression]) => ({ expression, where: `"${title}" of ${name}` }))
  )
);

/**
 * Waits until each of these panels draws a number, where a label is named one that has it. Quantiles
 * of nothing are no numbers.
 */
export async function assertDrawn(
  watch: Watch,
  panels: readonly PanelExpression[],
  label?: string,
): Promise<void> {
  for (const { expression, where } of panels) {
    await eventually(`data for ${where}: ${expression}`, async () => {
      const samples = await watch.query(expression);
      return samples.some(({ value, labels }) =>
        Number.isFinite(value) && (label === undefined || (labels[label] ?? "") !== "")
      );
    });
  }
}
