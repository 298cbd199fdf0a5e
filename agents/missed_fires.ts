import { readArchive } from "@ssmd/archive";
import type { Fire } from "@ssmd/market";
import type { Policy } from "@ssmd/metadata";
import { ArchiveError, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { AGENT_LIMITS } from "./limits.ts";

/** Source of fires that left the bus. */
interface MissedFires {
  env: string;
  feeds: readonly string[];
  storage: Storage;
  policies: readonly Policy[];
}

/** Returns archived fires recent enough to act on. Throws StorageError and ArchiveError. */
export async function archivedFires(
  { env, feeds, storage, policies }: MissedFires,
): Promise<Fire[]> {
  const ages = policies.map(({ within = AGENT_LIMITS.fireAgeMs }) => within);
  const fromUs = Math.max(0, nowUs() - Math.max(0, ...ages) * 1000);
  const fires: Fire[] = [];
  for (const feed of feeds) {
    try {
      for await (const batch of readArchive(storage, { env, feed, types: ["fire"], fromUs })) {
        for (const event of batch) if (event.type === "fire") fires.push(event);
      }
    } catch (error) {
      if (!(error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND")) throw error;
    }
  }
  return fires;
}
