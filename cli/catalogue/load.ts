import type { Catalogue } from "./catalogue.ts";

/** The catalogue as it was generated: no command is loaded for it. */
export async function loadCatalogue(): Promise<Catalogue> {
  const { default: catalogue } = await import("./commands.json", { with: { type: "json" } });
  return catalogue as Catalogue;
}
