import {
  type CaptureInfo,
  dayOfUs,
  loadManifest,
  manifestDays,
  type ManifestFile,
  readRaw,
  usOfNsText,
} from "@ssmd/archive";
import { type Translator, translatorOf } from "@ssmd/exchanges";
import type { RunTurn } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";

/**
 * Returns a connection's translator, with its books, as of the start of one of its files, by
 * reading all earlier files. Undefined when raw lacks some of them.
 */
export async function translatorBefore(
  storage: Storage,
  info: CaptureInfo,
  { file, turns }: { file: ManifestFile; turns: readonly RunTurn[] },
): Promise<Translator | undefined> {
  const files = info.linesBefore === 0 ? [] : await filesBefore(storage, info, file);
  let lines = 0;
  let translator = files.length === 0 ? newTranslator(info, file, turns) : undefined;
  for (const each of files) {
    for await (const line of readRaw(storage, each.key)) {
      if (line.kind === "capture") {
        if (line.info.linesBefore !== lines) return undefined;
        translator ??= newTranslator(line.info, each, turns);
      } else {
        lines++;
        translator?.line(line);
      }
    }
  }
  return lines === info.linesBefore ? translator : undefined;
}

/** Returns a translator that starts at a file, ignoring earlier ones. */
export function newTranslator(
  info: CaptureInfo,
  file: ManifestFile,
  turns: readonly RunTurn[],
): Translator {
  return translatorOf(info, { day: dayOfUs(usOfNsText(file.from)), turns });
}

/** Returns the connection's earlier files in line order, searching back from the file's day. */
async function filesBefore(
  storage: Storage,
  { env, feed, connection, linesBefore }: CaptureInfo,
  file: ManifestFile,
): Promise<ManifestFile[]> {
  const days = await Array.fromAsync(manifestDays(storage, { kind: "raw", env, feed }));
  const last = dayOfUs(usOfNsText(file.from));
  const found: ManifestFile[] = [];
  let missing = linesBefore;
  for (const day of days.filter((each) => each <= last).sort().reverse()) {
    const manifest = await loadManifest(storage, { kind: "raw", env, feed, day });
    for (const each of manifest?.files ?? []) {
      if (each.connection !== connection || each.key === file.key) continue;
      if (usOfNsText(each.from) > usOfNsText(file.from)) continue;
      found.push(each);
      missing -= each.count;
    }
    if (missing <= 0) break;
  }
  return found.sort((a, b) => usOfNsText(a.from) - usOfNsText(b.from));
}
