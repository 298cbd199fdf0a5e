import {
  type ApplicationText,
  ArgumentScannerError,
  FlagNotFoundError,
  formatMessageForArgumentScannerError,
  text_en,
} from "@stricli/core";
import { messageOf, SsmdError } from "@ssmd/runtime/errors";
import { refusalHint, refusalIn } from "@ssmd/runtime/refusal";
import { paint } from "./terminal.ts";

/** An error as a person reads it: the sentence, what to do, the code. */
export function errorText(error: unknown): string {
  const lines = [`${paint("red", "error:")} ${messageOf(error)}`];
  const refusal = refusalIn(error);
  if (error instanceof SsmdError) {
    if (error.hint !== "") lines.push(`${paint("cyan", "hint:")}  ${error.hint}`);
    lines.push(`${paint("dim", `code:  ${error.code}`)}`);
  } else if (refusal !== undefined) {
    lines.push(`${paint("cyan", "hint:")}  ${refusalHint(refusal)}`);
  }
  return lines.join("\n");
}

function usageText(sentence: string, hint: string): string {
  return `${paint("red", "error:")} ${sentence}\n${paint("cyan", "hint:")}  ${hint}`;
}

function meant(corrections: readonly string[]): string {
  const names = corrections.map((each) => each.replaceAll("`", ""));
  return corrections.length === 0
    ? "--help lists what there is"
    : `Did you mean ${names.map((each) => `"${each}"`).join(" or ")}? --help lists all`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What the parser says, in our words and on one form. */
export const parserMessages: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    usageText(`There is no command "${input}"`, meant(corrections)),
  exceptionWhileParsingArguments: (error) => {
    if (error instanceof FlagNotFoundError) {
      const sentence = `There is no flag "--${error.input}"`;
      return usageText(sentence, meant(error.corrections.map((each) => `--${kebab(each)}`)));
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
