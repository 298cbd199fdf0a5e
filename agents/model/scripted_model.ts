import { ConfigError, messageOf } from "@ssmd/runtime";
import { DEMO_SCRIPT } from "./demo_script.ts";
import type { Model } from "./model.ts";
import { SCRIPT, type Script } from "./script.ts";

/** Opens a script file, or the demo's script. Throws ConfigError `SCRIPT_INVALID`. */
export async function openScriptedModel(path: string | undefined): Promise<Model> {
  if (path === undefined) return scriptedModel(DEMO_SCRIPT);
  try {
    return scriptedModel(SCRIPT.parse(JSON.parse(await Deno.readTextFile(path))));
  } catch (cause) {
    throw new ConfigError(
      "SCRIPT_INVALID",
      `${path} is no script of a model: ${messageOf(cause)}`,
      {
        ...{ cause, hint: "It is a list of {task, when, answers}" },
      },
    );
  }
}

/**
 * Returns a scripted model without AI, for tests and the demo. Answers may contain `$1`, `$2` for
 * the capture groups of `when`.
 */
export function scriptedModel(script: Script): Model {
  const asked = new Map<number, number>();
  return {
    name: "scripted (no language model)",
    ask: ({ task, user }) => {
      for (const [at, rule] of script.entries()) {
        if (rule.task !== task) continue;
        const match = rule.when === undefined ? [""] : new RegExp(rule.when, "i").exec(user);
        if (match === null) continue;
        const turn = asked.get(at) ?? 0;
        asked.set(at, turn + 1);
        const answer = rule.answers[Math.min(turn, rule.answers.length - 1)];
        return Promise.resolve({ value: filled(answer, match), tokensIn: 0, tokensOut: 0 });
      }
      return Promise.resolve({ value: null, tokensIn: 0, tokensOut: 0 });
    },
  };
}

function filled(value: unknown, match: readonly (string | undefined)[]): unknown {
  if (typeof value === "string") {
    return value.replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? "");
  }
  if (Array.isArray(value)) return value.map((each) => filled(each, match));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, filled(each, match)]),
  );
}
