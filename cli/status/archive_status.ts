import { statfs } from "node:fs/promises";
import type { z } from "zod";
import { dayOfUs, type DaySummary, inventory, loadManifest, usOfNsText } from "@ssmd/archive";
import { countLetters } from "@ssmd/dataset/dead_letters";
import { DAY_US, isoOfUs, nowUs, SsmdError } from "@ssmd/runtime";
import { withArchive } from "../archive/with_archive.ts";
import type { GatewayLocation } from "../client/running_gateway.ts";
import type { SsmdContext } from "../context.ts";
import { bytesText, countText } from "../format.ts";
import type { ARCHIVE_STATUS } from "./status_shape.ts";

/** Minimum free share of the disk. */
const FREE_SHARE_MIN = 0.05;

/** State of an archive, and its days. */
type Archive = z.output<typeof ARCHIVE_STATUS> & { days: readonly DaySummary[] };

/** Reads the state of the archive; null when it is empty or in memory. */
export async function readArchive(
  context: SsmdContext,
  location: Pick<GatewayLocation, "env" | "data">,
  dataDir: string,
): Promise<Archive | null> {
  try {
    return await withArchive(context, location, async ({ storage, env }) => {
      const days = await inventory(storage, { env, nowUs: nowUs() });
      const filled = days.filter(({ to }) => to !== "");
      const last = filled.toSorted((a, b) => usOfNsText(a.to) - usOfNsText(b.to)).at(-1);
      const manifest = last && await loadManifest(storage, { kind: "normalized", env, ...last });
      const today = dayOfUs(nowUs());
      return {
        days,
        location: storage.location,
        last_file: manifest?.files.at(-1)?.key ?? null,
        last_record_at: last === undefined ? null : isoOfUs(usOfNsText(last.to)),
        raw_bytes: days.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
        normalized_bytes: days.reduce((sum, { normalizedBytes }) => sum + normalizedBytes, 0),
        spool_bytes: await bytesBelow(`${dataDir}/spool`),
        free_bytes: storage.type === "local" ? (await diskOf(dataDir)).free : null,
        dead_letters: (await countLetters(storage, env)).byComponent,
        unsealed_days: days.filter(({ day, layout }) => day < today && isUnsealed(layout))
          .map(({ feed, day }) => ({ feed, day })),
      };
    });
  } catch (error) {
    const isAbsent = error instanceof SsmdError &&
      ["ARCHIVE_NOT_FOUND", "STORAGE_NOT_SHARED"].includes(error.code);
    if (isAbsent) return null;
    throw error;
  }
}

function isUnsealed(layout: DaySummary["layout"]): boolean {
  return layout === "windows" || layout === "mixed";
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  const names = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name, isDirectory } of names) {
    const path = `${folder}/${name}`;
    // A spool file may disappear meanwhile.
    bytes += isDirectory
      ? await bytesBelow(path)
      : (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

async function diskOf(folder: string): Promise<{ free: number; size: number }> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, size: blocks * bsize };
}

/** Whether the disk of a local archive is nearly full. */
export async function diskProblems(archive: Archive | null, dataDir: string): Promise<string[]> {
  if (archive?.free_bytes == null) return [];
  const { free, size } = await diskOf(dataDir);
  return free / size < FREE_SHARE_MIN ? [`only ${bytesText(free)} are left on the disk`] : [];
}

/** A day is sealed on the following day. */
export function sealProblems(archive: Archive | null): string[] {
  const yesterday = dayOfUs(nowUs() - DAY_US);
  const late = archive?.unsealed_days.filter(({ day }) => day < yesterday) ?? [];
  if (late.length === 0) return [];
  return [`${countText(late.length, "day")} over and not sealed: ssmd schedule trigger end-days`];
}
