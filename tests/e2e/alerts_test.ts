import assert from "node:assert/strict";
import { prometheusAvailable } from "../servers/prometheus.ts";
import { s3ServerAvailable } from "../servers/s3_server.ts";
import { LAST_FAULT, ONE_BOX_FAULTS, OneBox } from "./_one_box_faults.ts";
import { assertDrawn, PANELS } from "./_panels.ts";
import { Folder } from "./_process.ts";
import { SERVICES_FAULTS } from "./_services_faults.ts";
import { rulesIn, ruleText, Watch, withScaledWaits } from "./_watch.ts";

/** Alerts whose fault cannot be made here within minutes, and why. */
const NOT_MADE: Readonly<Record<string, string>> = {};
const isPossible = prometheusAvailable() && s3ServerAvailable();

async function alertNames(): Promise<string[]> {
  return rulesIn(await ruleText("alerts.yaml")).map(({ alert = "" }) => alert);
}

/** Names of our metrics in an expression. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\bssmd_[a-z_]+[a-z]\b(?!_)/g)].map(([name]) => name);
}

Deno.test("each alert is made to fire by a real fault, or it is said why not", async () => {
  const made = [...ONE_BOX_FAULTS, LAST_FAULT, ...SERVICES_FAULTS].flatMap(({ alerts }) => alerts);
  assert.equal(new Set(made).size, made.length, "an alert has one fault");
  const known = [...made, ...Object.keys(NOT_MADE)];
  assert.deepEqual(known.toSorted(), (await alertNames()).toSorted());
});

Deno.test("rules with shorter waits are the same rules", async () => {
  const text = await ruleText("alerts.yaml");
  const withoutWaits = (rules: string) => rulesIn(rules).map((rule) => ({ ...rule, for: "" }));
  const scaled = withScaledWaits(text, 1 / 60);
  assert.deepEqual(withoutWaits(scaled), withoutWaits(text));
  const waits = new Map(rulesIn(scaled).map((rule) => [rule.alert, rule.for]));
  assert.equal(waits.get("SsmdDown"), "2s");
  assert.equal(waits.get("SsmdShardImbalance"), "10s");
  assert.ok([...waits.values()].every((wait) => wait === undefined || /^\d+s$/.test(wait)));
});

async function assertDeclared(target: string): Promise<void> {
  const text = await (await fetch(`http://${target}/metrics`)).text();
  const declared = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const rules = [
    ...rulesIn(await ruleText("alerts.yaml")),
    ...rulesIn(await ruleText("rules.yaml")),
  ];
  const used = new Set(
    [...rules.map(({ expr }) => expr), ...PANELS.map(({ expression }) => expression)]
      .flatMap(metricsIn),
  );
  assert.ok(used.size > 50);
  const missing = [...used].filter((name) =>
    !declared.has(name) && !declared.has(name.replace(/_bucket$/, ""))
  );
  assert.deepEqual(missing, [], "used, but no process has it");
}

Deno.test({
  name:
    "each fault of one machine makes its alerts fire in a real Prometheus, and panels have data",
  ignore: !isPossible,
  fn: async (t) => {
    await using folder = new Folder();
    await using box = await OneBox.start();
    const target = new URL(await box.up.url()).host;
    await using watch = await Watch.start(folder.path, { [target]: {} });
    await watch.see(t, ONE_BOX_FAULTS, box);
    await t.step("each metric of rules and panels is declared", () => assertDeclared(target));
    await t.step("each panel draws a number", () => assertDrawn(watch, PANELS));
    await watch.see(t, [LAST_FAULT], box);
  },
});
