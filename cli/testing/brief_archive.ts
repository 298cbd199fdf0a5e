/**
 * `deno run -A cli/testing/brief_archive.ts`: makes the environment `brief` in the project of the working
 * directory, which keeps its days for a short time, and a sealed day of it that is older. @module
 */
import { changeManifest } from "@ssmd/archive";
import { sealDay } from "@ssmd/dataset/seal";
import { folderStorage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "@ssmd/dataset/testing/archive_fixtures";

const ENV = "brief";
const NOW_US = Date.parse("2026-08-03T00:00:00Z") * 1000;

async function writeEnvironment(): Promise<void> {
  const folder = "exchanges/environments";
  const demo = await Deno.readTextFile(`${folder}/demo.yaml`);
  const text = demo.replace("name: demo", `name: ${ENV}`)
    .replace(/^journal: .*$/m, "journal: { type: file, path: ./data/journal }");
  const retention = "retention: { raw_days: 7, normalized_days: 30 }\n";
  await Deno.writeTextFile(`${folder}/${ENV}.yaml`, `${text.trimEnd()}\n${retention}`);
}

if (import.meta.main) {
  await writeEnvironment();
  for (const kind of ["raw", "normalized"]) {
    await Deno.remove(`data/${kind}/${ENV}`, { recursive: true }).catch(() => {});
  }
  const storage = folderStorage("data");
  await fillArchive(storage, ENV);
  for (const kind of ["raw", "normalized"] as const) {
    const dayId = { kind, ...FEED_DAY, env: ENV };
    await changeManifest(storage, dayId, {
      change: (manifest) => ({ ...manifest, status: "complete" }),
    });
  }
  await sealDay({
    ...{ storage, ...FEED_DAY, env: ENV, tempDir: "data", nowUs: () => NOW_US, force: true },
    software: { version: "0.1.0", commit: "abc1234" },
  });
  await storage.close();
}
