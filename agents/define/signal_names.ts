import { SsmdError } from "@ssmd/runtime";
import { LIBRARY_DIR, listSignals } from "@ssmd/signals";
import type { AgentStore } from "../agent_store.ts";
import type { Approvals } from "../approvals.ts";
import { signalBranches } from "./commit_signal.ts";

/** Maximum length of a name before its number. */
const STEM_MAX = 45;

/** Returns the names of the project's and the shipped signals, and of branches `signal/<name>`. */
export async function usedSignalNames(project: string): Promise<Set<string>> {
  const files = await listSignals([`${project}/signals`, LIBRARY_DIR]);
  return new Set([...files.map(({ id }) => id), ...await signalBranches(project)]);
}

/** Claims a name for a thread's signal: the wanted one, or with the first free number. */
export function claimSignalName(
  store: AgentStore,
  thread: string,
  { wanted, used }: { wanted: string; used: ReadonlySet<string> },
): string {
  return store.change((db) => {
    const others = db.prepare(
      `SELECT signal_names.id FROM signal_names JOIN threads ON threads.id = thread
       WHERE thread <> ? AND state <> 'ended'`,
    ).all(thread).map(({ id }) => String(id));
    const taken = new Set([...used, ...others]);
    let id = wanted;
    for (let n = 2; taken.has(id); n++) id = `${wanted.slice(0, STEM_MAX)}_${n}`;
    db.prepare("INSERT OR REPLACE INTO signal_names VALUES (?, ?)").run(thread, id);
    return id;
  });
}

/**
 * Returns the open thread of equal words; undefined without one. Throws SsmdError `THREAD_EXISTS`
 * when their signal exists: asking again would give the same.
 */
export function openThreadOf(
  { store, approvals }: { store: AgentStore; approvals: Approvals },
  words: string,
  used: ReadonlySet<string>,
): string | undefined {
  const rows = store.db.prepare(
    `SELECT id, state, detail FROM threads WHERE kind = 'define'
     AND lower(trim(words)) = lower(trim(?)) ORDER BY created_at DESC`,
  ).all(words);
  for (const row of rows) {
    const [id, detail] = [String(row["id"]), String(row["detail"])];
    if (row["state"] !== "ended") {
      if (approvals.isExpired(id)) continue;
      return id;
    }
    const name = [...used].find((each) => detail === committedText(`signal/${each}`));
    if (name === undefined) continue;
    throw new SsmdError("THREAD_EXISTS", `Thread ${id} made the signal ${name} of these words`, {
      hint: `Merge signal/${name} and ssmd signal deploy ${name}; or delete the branch to define ` +
        "the words again",
    });
  }
  return undefined;
}

/** Returns the detail text of a committed thread. */
export function committedText(branch: string): string {
  return `committed on ${branch}`;
}
