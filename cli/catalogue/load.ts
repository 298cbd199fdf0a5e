import type { Catalogue } from "./catalogue.ts";
import type { OutputSchemas } from "./schemas.ts";

/** The catalogue as it was generated: no command is loaded for it. */
export async function loadCatalogue(): Promise<Catalogue> {
  const { default: catalogue } = await import("./commands.json", { with: { type: "json" } });
  return catalogue as Catalogue;
}

/** The schemas of outputs as they were generated. */
export async function loadSchemas(): Promise<OutputSchemas> {
  const { default: schemas } = await import("./schemas.json", { with: { type: "json" } });
  return schemas as OutputSchemas;
}
