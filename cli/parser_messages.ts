import {
  type ApplicationText,
  ArgumentScannerError,
  EnumValidationError,
  FlagNotFoundError,
  formatMessageForArgumentScannerError,
  text_en,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "@stricli/core";
import { messageOf } from "@ssmd/runtime/errors";
import { nearest } from "@ssmd/runtime/suggest";
import { oneOf } from "./command/flag.ts";
import { COMMAND_INDEX } from "./command_index.ts";
import { errorText } from "./error_text.ts";
import { paint } from "./terminal.ts";

/** Maximum number of commands in a hint. */
const MEANT_MAX = 4;

function usageText(sentence: string, hint: string): string {
  return `${paint("red", "error:")} ${sentence}\n${paint("cyan", "hint:")}  ${hint}`;
}

function meant(corrections: readonly string[]): string {
  const names = corrections.map(plain);
  return corrections.length === 0
    ? "--help lists what there is"
    : `Did you mean ${names.map((each) => `"${each}"`).join(" or ")}? --help lists all`;
}

/** The parser's correction without its quotes. */
function plain(correction: string): string {
  return correction.replaceAll("`", "");
}

/** Commands similar to the input, also in other groups: `gaps` → `ssmd data gaps`. */
function commandsMeant(input: string, corrections: readonly string[]): readonly string[] {
  const below = Object.keys(COMMAND_INDEX).filter((name) => name.includes(" "));
  const lastOf = (name: string) => name.slice(name.lastIndexOf(" ") + 1);
  const named = (word?: string) =>
    below.filter((name) => lastOf(name) === word).map((name) => `ssmd ${name}`).slice(0, MEANT_MAX);
  const same = named(input);
  if (same.length > 0) return same;
  const words = new Set(Object.keys(COMMAND_INDEX).map((name) => name.split(" ", 1)[0]));
  // Within a group suggest its own commands; at the top level the nearest of all words.
  if (corrections.some((each) => !words.has(plain(each)))) return corrections;
  const others = named(nearest(input, [...corrections.map(plain), ...below.map(lastOf)]));
  return others.length > 0 ? others : corrections;
}

/** Flags that the input begins, or nearly is; the parser's own corrections may have no letter of it. */
function flagsMeant({ input, corrections }: FlagNotFoundError): readonly string[] {
  return corrections.map(kebab)
    .filter((name) => name.startsWith(input) || nearest(input, [name]) !== undefined);
}

/** Name of a flag as people write it. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The parser's messages in ssmd's wording and format. */
export const parserMessages: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    usageText(`There is no command "${input}"`, meant(commandsMeant(input, corrections))),
  exceptionWhileParsingArguments: (error) => {
    if (error instanceof FlagNotFoundError) {
      const sentence = `There is no flag "--${error.input}"`;
      return usageText(sentence, meant(flagsMeant(error).map((each) => `--${each}`)));
    }
    if (error instanceof UnsatisfiedFlagError) {
      const flag = `--${kebab(error.externalFlagName)}`;
      const what = error.nextFlagName === undefined
        ? "is missing, or has no value"
        : "has no value";
      return usageText(`${flag} ${what}`, "--help shows how the command is used");
    }
    if (error instanceof EnumValidationError) {
      const { externalFlagName, input, values } = error;
      const sentence = `"${input}" is no value for --${kebab(externalFlagName)}`;
      return usageText(sentence, oneOf(input, values));
    }
    if (error instanceof UnsatisfiedPositionalError) {
      return usageText(`<${error.placeholder}> is missing`, "--help shows how the command is used");
    }
    const sentence = error instanceof ArgumentScannerError
      ? formatMessageForArgumentScannerError(error, {
        ArgumentParseError: ({ externalFlagNameOrPlaceholder, input, exception }) =>
          `"${input}" is no value for ${externalFlagNameOrPlaceholder}: ${messageOf(exception)}`,
      })
      : messageOf(error);
    return usageText(sentence, "--help shows how the command is used");
  },
  exceptionWhileRunningCommand: (error) => errorText(error),
  commandErrorResult: (error) => errorText(error),
  exceptionWhileLoadingCommandFunction: (error) => errorText(error),
  exceptionWhileLoadingCommandContext: (error) => errorText(error),
};
