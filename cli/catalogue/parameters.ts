import type { Parameter } from "../command/flag.ts";
import { kebab } from "../parser_messages.ts";
import type { CatalogueParameter } from "./catalogue.ts";

/** Converts a declared flag or argument for the catalogue. */
export function parameterOf(name: string, parameter: Parameter<unknown>): CatalogueParameter {
  const { brief, type, values, default: fallback, placeholder, alias, variadic } = parameter;
  const completes = parameter.completes ?? pathOf(type);
  return {
    ...{ name: kebab(name), brief, type },
    ...(values === undefined ? {} : { values: [...values] }),
    ...(fallback === undefined ? {} : { default: fallback }),
    required: parameter.optional !== true && fallback === undefined,
    repeated: variadic === true,
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(alias === undefined ? {} : { alias }),
    ...(parameter.withNegated === true ? { negatable: true } : {}),
    ...(completes === undefined ? {} : { completes }),
  };
}

function pathOf(type: CatalogueParameter["type"]): CatalogueParameter["completes"] | undefined {
  return type === "file" || type === "dir" ? type : undefined;
}
