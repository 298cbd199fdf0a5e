import type { Catalogue } from "./catalogue.ts";
import type { OutputSchemas } from "./schemas.ts";

/** Loads the generated catalogue, without loading any command. */
export async function loadCatalogue(): Promise<Catalogue> {
  const { default: catalogue } = await import("./commands.json", { with: { type: "json" } });
  return catalogue as Catalogue;
}

/** Loads the generated output schemas. */
export async function loadSchemas(): Promise<OutputSchemas> {
  const { default: schemas } = await import("./schemas.json", { with: { type: "json" } });
  return schemas as OutputSchemas;
}
