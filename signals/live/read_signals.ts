import type { Environment } from "@ssmd/metadata";
import { ConfigError, suggestion, systemCodeOf } from "@ssmd/runtime";
import { linkSignal } from "../source/link_signal.ts";
import { LIBRARY_DIR, readBeside } from "../source/signal_catalog.ts";
import type { WantedSignal } from "./signal_set.ts";

/** Folders of signals: a project's own, beside its registry, and those that come with the software. */
export function signalFolders(registryDir: string): string[] {
  return [`${registryDir.replace(/\/[^/]*\/?$/, "") || "."}/signals`, LIBRARY_DIR];
}

/**
 * The signals that an environment names, from their files. Throws ConfigError `SIGNAL_UNKNOWN` for
 * one without a file, SignalRefused for one that may not be run.
 */
export async function readSignals(
  { signals, name: env }: Pick<Environment, "signals" | "name">,
  folders: readonly string[],
): Promise<WantedSignal[]> {
  const wanted: WantedSignal[] = [];
  for (const [id, { params = {}, enabled = true }] of Object.entries(signals)) {
    const path = fileOf(id, folders);
    if (path === undefined) {
      throw new ConfigError("SIGNAL_UNKNOWN", `there is no signal "${id}"`, {
        hint: suggestion(id, namesIn(folders)),
        context: { env, folders },
      });
    }
    const { code, sourceHash } = await linkSignal(path, readBeside(path));
    wanted.push({ id, code, sourceHash, params, enabled });
  }
  return wanted;
}

function fileOf(id: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => `${folder}/${id}.ts`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

function namesIn(folders: readonly string[]): string[] {
  const names = new Set<string>();
  for (const folder of folders) {
    try {
      for (const { name } of Deno.readDirSync(folder)) {
        if (name.endsWith(".ts") && !name.endsWith("_test.ts")) names.add(name.slice(0, -3));
      }
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
    }
  }
  return [...names].sort();
}
