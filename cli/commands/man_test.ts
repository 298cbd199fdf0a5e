import assert from "node:assert/strict";
import { loadCatalogue } from "../catalogue/load.ts";
import { manPage } from "../catalogue/man_page.ts";
import { hasProgram } from "../../tests/servers/certificates.ts";
import cheat from "./cheat.ts";

const catalogue = await loadCatalogue();
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const MISSING = !await hasProgram("man", "--version");

Deno.test({
  name: `man finds nothing to warn of in any page, and shows dashes that can be copied${
    MISSING ? " (skipped: there is no man)" : ""
  }`,
  ignore: MISSING && !REQUIRED,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      const pages = [undefined, ...catalogue.commands].map((each) => manPage(catalogue, each));
      await Deno.writeTextFile(`${dir}/all.1`, pages.join(""));
      const { code, stdout, stderr } = await new Deno.Command("man", {
        args: ["--warnings", "-E", "UTF-8", "-P", "cat", "-l", `${dir}/all.1`],
        env: { MANWIDTH: "80", LC_ALL: "C.UTF-8" },
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      assert.equal(code, 0);
      assert.deepEqual(text.decode(stderr), "");
      const shown = text.decode(stdout);
      for (const { name, examples } of catalogue.commands) {
        assert.ok(shown.includes(`ssmd-${name.replaceAll(" ", "-")} `), name);
        for (const line of examples) assert.ok(shown.includes(line), line);
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("text of a page is no instruction of roff", () => {
  const [command] = catalogue.commands;
  assert.ok(command !== undefined);
  const page = manPage(catalogue, { ...command, description: "A.\n\n.so /etc\\passwd\n 'x" });
  assert.match(page, /^\\&\.so \/etc\\epasswd$/m);
});

Deno.test("every command of the cheat sheet is one, and it fits a screen", async () => {
  const rows = await cheat.run({ flags: {}, args: [], context: {} } as never) as {
    command: string;
  }[];
  assert.ok(rows.length > 30 && rows.length <= 40);
  assert.equal(new Set(rows.map(({ command }) => command)).size, rows.length);
  const { TASKS } = await import("./cheat.ts");
  assert.equal(Object.values(TASKS).flat().length, rows.length);
});
