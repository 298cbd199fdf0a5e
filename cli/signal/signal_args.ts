import type { Param } from "@ssmd/signals";
import { UsageError } from "../exit.ts";
import { parsed, text } from "../command/flag.ts";

/** Signal argument. */
export const SIGNAL = text("Id of a signal of the project or of ssmd, or a path ending in .ts", {
  placeholder: "signal",
  required: true,
});

/** `--set`, repeatable. */
export const SET = parsed(parseSetting, "Parameter of the signal, name=value; may be repeated", {
  placeholder: "name=value",
  repeated: true,
});

/** Parses a parameter value: a number, true, false, or text. Throws RangeError. */
function parseSetting(setting: string): readonly [string, Param] {
  const at = setting.indexOf("=");
  if (at < 1) throw new RangeError("a parameter is name=value, like minSpread=0.05");
  const value = setting.slice(at + 1);
  return [setting.slice(0, at), parseValue(value)];
}

function parseValue(value: string): Param {
  if (value === "true" || value === "false") return value === "true";
  const number = Number(value);
  return value.trim() !== "" && Number.isFinite(number) ? number : value;
}

/** Parameters by name. Throws UsageError `SETTING_TWICE`. */
export function settingsOf(
  settings: readonly (readonly [string, Param])[] = [],
): Record<string, Param> {
  const names = settings.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UsageError("SETTING_TWICE", `The parameter "${twice}" is set twice`, {
      hint: "Leave one of them out",
    });
  }
  return Object.fromEntries(settings);
}
