import assert from "node:assert/strict";
import {
  EnumValidationError,
  FlagNotFoundError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "@stricli/core";
import { stripVTControlCharacters } from "node:util";
import { ConfigError } from "@ssmd/runtime";
import { exitCodeOf, processExitCode, UsageError } from "./exit.ts";
import { wantsColor } from "./terminal.ts";
import { errorText } from "./error_text.ts";
import { parserMessages } from "./parser_messages.ts";

Deno.test("an error is reported as sentence, hint and code", () => {
  const error = new ConfigError("CONFIG_NOT_FOUND", "There is no environment", { hint: "look" });
  const plain = stripVTControlCharacters(errorText(error));
  assert.equal(plain, "error: There is no environment\nhint:  look\ncode:  CONFIG_NOT_FOUND");
});

Deno.test("a command that lies deeper, or is misspelt, is reported by its whole name", () => {
  const reported = (input: string, corrections: string[] = []) =>
    stripVTControlCharacters(
      parserMessages.noCommandRegisteredForInput({ input, corrections, ansiColor: false }),
    );
  assert.match(reported("gaps"), /no command "gaps"\nhint: {2}Did you mean "ssmd data gaps"\?/);
  assert.match(reported("exprot"), /Did you mean .*"ssmd data export"/);
  assert.match(reported("gpas", ["`signal`", "`status`"]), /Did you mean "ssmd data gaps"\?/);
  assert.match(reported("lst", ["`list`"]), /Did you mean "list"\?/);
  assert.match(reported("upp", ["`up`"]), /Did you mean "up"\?/);
  assert.match(reported("zzzzzzzz"), /--help lists what there is/);
});

Deno.test("a flag or an argument that is missing is named", () => {
  const reported = (error: Error) =>
    stripVTControlCharacters(parserMessages.exceptionWhileParsingArguments(error, false));
  assert.match(
    reported(new UnsatisfiedFlagError("out" as never)),
    /^error: --out is missing/,
  );
  const positional = new UnsatisfiedPositionalError("symbol" as never);
  assert.match(reported(positional), /^error: <symbol> is missing/);
});

Deno.test("a word that is none of a flag's values is reported with the flag and all of them", () => {
  const error = new EnumValidationError("bookDepth" as never, "jsn", ["table", "json"], []);
  const text = parserMessages.exceptionWhileParsingArguments(error, false);
  assert.equal(
    stripVTControlCharacters(text),
    'error: "jsn" is no value for --book-depth\nhint:  Did you mean "json"? Allowed: table, json',
  );
});

Deno.test("for an unknown flag only one that is like it is suggested", () => {
  const hint = (input: string, ...corrections: string[]) =>
    stripVTControlCharacters(
      parserMessages.exceptionWhileParsingArguments(
        new FlagNotFoundError(input as never, corrections),
        false,
      ),
    ).split("\n")[1];
  assert.equal(hint("limt", "limit"), 'hint:  Did you mean "--limit"? --help lists all');
  assert.equal(hint("out", "output"), 'hint:  Did you mean "--output"? --help lists all');
  assert.equal(
    hint("clock-stats", "clockStatus"),
    'hint:  Did you mean "--clock-status"? --help lists all',
  );
  assert.equal(hint("env", "dir", "yes"), "hint:  --help lists what there is");
});

Deno.test("an error without hint says no hint", () => {
  const plain = stripVTControlCharacters(errorText(new TypeError("odd")));
  assert.equal(plain, "error: odd");
});

Deno.test("an error of permissions says where what is missing is named", () => {
  const text = 'Requires write access to "/srv/x", run again with the --allow-write flag';
  const hintOf = (error: Error) => stripVTControlCharacters(errorText(error)).split("\n")[1];
  const refused = new Deno.errors.NotCapable(text);
  Deno.env.delete("SSMD_REACH");
  assert.match(hintOf(refused) ?? "", /Start it with cli\/ssmd or deno task/);
  Deno.env.set("SSMD_REACH", "net a.yaml:3 (transport.url)\nwrite a.yaml:7 (storage.path)");
  try {
    const hint = hintOf(new Error("it cannot be written", { cause: refused })) ?? "";
    assert.match(hint, /a\.yaml:7 \(storage\.path\)[^:]*--data/);
    assert.ok(!hint.includes("a.yaml:3"), hint);
  } finally {
    Deno.env.delete("SSMD_REACH");
  }
});

Deno.test("wrong usage ends with 2, every other failure with 1", () => {
  assert.equal(exitCodeOf(new UsageError("USAGE", "both")), 2);
  assert.equal(exitCodeOf(new ConfigError("CONFIG_INVALID", "no")), 1);
  assert.deepEqual([0, 1, -5, -4, -1, undefined].map(processExitCode), [0, 1, 2, 2, 1, 0]);
});

Deno.test("colour is for terminals only, and never with NO_COLOR", () => {
  const terminal = { isTerminal: () => true };
  const none = () => undefined;
  assert.equal(wantsColor(terminal, none), true);
  assert.equal(wantsColor({ isTerminal: () => false }, none), false);
  assert.equal(wantsColor(terminal, (name) => name === "NO_COLOR" ? "1" : undefined), false);
  assert.equal(wantsColor(terminal, (name) => name === "TERM" ? "dumb" : undefined), false);
});
