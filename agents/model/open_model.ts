import type { Model, ModelSpec } from "./model.ts";

/** Opens a model, loading its library. Throws ConfigError for an unreadable script. */
export async function openModel(spec: ModelSpec): Promise<Model> {
  if (spec.type === "scripted") {
    return await (await import("./scripted_model.ts")).openScriptedModel(spec.path);
  }
  return await (await import("./provider_model.ts")).openProviderModel(spec);
}
