import assert from "node:assert/strict";
import { REGISTRY_FOLDERS } from "@ssmd/metadata";
import { isRegistryFile, isRegistryText } from "./registry_files.ts";

Deno.test("every kind of registry file is committed, with what key commands write", () => {
  const ofKeys = ["rotation/prod.yaml", "sealed/prod/kalshi.yaml"];
  const written = REGISTRY_FOLDERS.map((folder) => `${folder}/x.yaml`);
  for (const path of [...written, "schemas/x.capnp", ...ofKeys]) {
    assert.ok(isRegistryText(path) && isRegistryFile(path), path);
  }
  for (const path of ["feed.schema.json", "calendars/.gitkeep"]) {
    assert.ok(isRegistryFile(path) && !isRegistryText(path), path);
  }
});

Deno.test("code beside the registry, key files and what lies deeper are not", () => {
  const others = [
    "adapter.ts",
    "kraken/venue.ts",
    "kraken/feeds/x.yaml",
    "secrets/x.yaml",
    "feeds/x.ts",
  ];
  for (const path of [...others, "environments/x.yml", "../notes.yaml"]) {
    assert.ok(!isRegistryFile(path), path);
  }
});
