import assert from "node:assert/strict";
import { SecretPrompt } from "./secret_prompt.ts";

const UTF8 = new TextEncoder();

/** A terminal on which these pieces are typed. */
function typed(...pieces: string[]) {
  const events: string[] = [];
  const prompt = new SecretPrompt({
    setRaw: (raw) => void events.push(raw ? "raw" : "shown"),
    write: (text) => void events.push(text),
    read: (into) => {
      const piece = pieces.shift();
      if (piece === undefined) return Promise.resolve(null);
      const bytes = UTF8.encode(piece);
      into.set(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  return { prompt, events };
}

Deno.test("nothing is asked before the terminal stops showing, nor after it shows again", async () => {
  const { prompt, events } = typed("one\rtw", "o\r");
  assert.deepEqual(await prompt.ask(["a: ", "b: "]), ["one", "two"]);
  assert.deepEqual(events, ["raw", "a: ", "\r\n", "b: ", "\r\n", "shown"]);
});

Deno.test("keys for corrections work, arrows and marks of pasted text are left out", async () => {
  const cases: [string, string][] = [
    ["abx\x7fc\r", "abc"],
    ["wrong\x15right\r", "right"],
    ["\x1b[200~pasted\x1b[201~\r", "pasted"],
    ["a\x1b[Db\x1bOAc\n", "abc"],
    ["tab\there\r", "tabhere"],
    ["ä😀\x7f\r", "ä"],
  ];
  for (const [keys, value] of cases) assert.deepEqual(await typed(keys).prompt.ask(["?"]), [value]);
});

Deno.test("a pasted PEM text keeps its lines, whatever ends them, and what follows is the next answer", async () => {
  const lines = [
    "-----BEGIN PRIVATE KEY-----",
    "MIIE",
    "abcd",
    "-----END PRIVATE KEY-----",
    "next",
    "",
  ];
  for (const end of ["\r", "\n", "\r\n"]) {
    const answers = await typed(lines.join(end)).prompt.ask(["key", "more"]);
    assert.deepEqual(answers, [lines.slice(0, 4).join("\n"), "next"], JSON.stringify(end));
  }
});

Deno.test("Ctrl-C, Ctrl-D and the end cancel, and the terminal shows again", async () => {
  for (const keys of [["abc\x03"], ["\x04"], ["abc"]]) {
    const { prompt, events } = typed(...keys);
    await assert.rejects(prompt.ask(["?"]), { code: "KEY_INPUT_CANCELLED" });
    assert.equal(events.at(-1), "shown");
  }
});
