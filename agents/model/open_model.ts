import type { Model, ModelSpec } from "./model.ts";

/** Opens a model; its library is loaded with it. Throws ConfigError for a script that cannot be read. */
export async function openModel(spec: ModelSpec): Promise<Model> {
  if (spec.type === "scripted") {
    return await (await import("./scripted_model.ts")).openScriptedModel(spec.path);
  }
  return await (await import("./provider_model.ts")).openProviderModel(spec);
}
