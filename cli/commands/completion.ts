import { buildChoiceParser, buildCommand, type Command } from "@stricli/core";
import { completionScript, type Shell, SHELLS } from "../completion/scripts.ts";
import type { SsmdContext } from "../context.ts";

const SHELL = {
  brief: "bash, zsh or fish",
  parse: buildChoiceParser(SHELLS),
  placeholder: "shell",
  values: SHELLS,
};

/** `ssmd completion` */
export const command: Command<SsmdContext> = buildCommand<
  Record<never, never>,
  [Shell],
  SsmdContext
>({
  docs: {
    brief: "Print the script that lets a shell complete commands, flags and names",
    fullDescription:
      "Print the script that lets a shell complete commands, flags, values and the " +
      "names in the registry: environments, feeds, symbols, schemas, keys.\n\n" +
      "bash  source <(ssmd completion bash)        in ~/.bashrc\n" +
      "zsh   source <(ssmd completion zsh)         in ~/.zshrc, after compinit\n" +
      "fish  ssmd completion fish | source         in ~/.config/fish/config.fish\n\n" +
      "EXAMPLES\n  ssmd completion bash\n  ssmd completion zsh > _ssmd\n" +
      "  source <(ssmd completion bash)",
  },
  parameters: { positional: { kind: "tuple", parameters: [SHELL] } },
  func(_flags, shell) {
    this.process.stdout.write(completionScript(shell));
  },
});
