import assert from "node:assert/strict";
import { makeProject } from "../../cli/testing/project.ts";

const PAGE = await Deno.readTextFile(
  new URL("../../docs/troubleshooting.md", import.meta.url),
);

/** Lines of the blocks of shell. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, lines = ""]) => lines.trim().split("\n"));
}

Deno.test("every command of the troubleshooting page runs and says something", async () => {
  const commands = commandsOf(PAGE);
  assert.ok(commands.length >= 15);
  const project = await makeProject();
  try {
    for (const command of commands) {
      const { code, stdout, stderr } = await project.sh(command);
      assert.equal(code, 0, `$ ${command}\n${stdout.slice(-2000)}${stderr.slice(-2000)}`);
      assert.notEqual(stdout.trim(), "", command);
    }
  } finally {
    await project.remove();
  }
});

Deno.test("every section of the troubleshooting page begins with a command", () => {
  const sections = PAGE.split(/^## /m).slice(1);
  assert.ok(sections.length >= 10);
  for (const section of sections) assert.match(section, /^[^\n]+\n\n```sh\n/);
});
