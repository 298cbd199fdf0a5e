import assert from "node:assert/strict";
import { OWN_CLONE } from "./preparations.ts";
import { makeProject, type Project } from "./project.ts";

/** Several processes of Deno on a machine that is busy. */
const SECONDS_MAX = 300;

/** Runs a line that must end with `code`; gives what it wrote to stdout. */
export async function runLine(project: Project, line: string, code = 0): Promise<string> {
  const ran = await project.sh(line, SECONDS_MAX);
  assert.equal(ran.code, code, `$ ${line}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** Calls `use` with a project that has a clone of this software in `ssmd/`. */
export async function withClone(use: (project: Project) => Promise<void>): Promise<void> {
  const project = await makeProject();
  try {
    await runLine(project, OWN_CLONE);
    await use(project);
  } finally {
    await project.remove();
  }
}

/** Changes a file of the clone. */
export async function changeClone(
  { dir }: Project,
  path: string,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const file = `${dir}/ssmd/${path}`;
  const text = await Deno.readTextFile(file);
  assert.ok(text.includes(from), `${path} has changed: ${from}`);
  await Deno.writeTextFile(file, text.replace(from, to));
}

/** Prints the number of folders that comparisons left, and that of the clone's worktrees. */
export const NOTHING_LEFT = "ls -d ../ssmd-*/ssmd-{test,env}-* 2>/dev/null | wc -l; " +
  "git -C ssmd worktree list | wc -l";

/** A process of a revision that a comparison started. */
const REVISION =
  `grep -qs "$here/.*ssmd-\\(test-replay\\|env-compare\\)-.*/cl[i]" /proc/[0-9]*/cmdline`;

/** Starts a comparison, waits for `moment`, and sends it a signal; prints how it ended and what is left. */
export function killedAfter(line: string, moment: string, signal: string): string {
  return `here=$(dirname "$PWD"); ${line} >out 2>err </dev/null & pid=$!
${moment}
kill -${signal} $pid; wait $pid; echo ended with $?
for i in $(seq 1200); do ${REVISION} || break; sleep 0.1; done
${REVISION} && echo still running
${NOTHING_LEFT}; true`;
}

/** Waits until a revision of a comparison runs. */
export const REVISION_RUNS = `for i in $(seq 1200); do ${REVISION} && break; sleep 0.1; done`;
