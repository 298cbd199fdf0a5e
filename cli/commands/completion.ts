import { completionScript, SHELLS } from "../completion/scripts.ts";
import { defineCommand } from "../command/define.ts";
import { word } from "../command/flag.ts";

export default defineCommand({
  name: "completion",
  brief: "Print a shell script that completes commands, flags and names",
  description:
    "It completes commands, flags, values and the names in the registry: environments, feeds, " +
    "symbols, schemas, keys.\n\n" +
    "bash  source <(ssmd completion bash)        in ~/.bashrc\n" +
    "zsh   source <(ssmd completion zsh)         in ~/.zshrc, after compinit\n" +
    "fish  ssmd completion fish | source         in ~/.config/fish/config.fish",
  examples: [
    "ssmd completion bash",
    "ssmd completion zsh > _ssmd",
    "source <(ssmd completion bash)",
  ],
  args: [word(SHELLS, "bash, zsh or fish", { placeholder: "shell", required: true })],
  run({ args: [shell], context }) {
    context.process.stdout.write(completionScript(shell));
  },
});
