/** Supported shell. */
export type Shell = "bash" | "zsh" | "fish";

/** All supported shells. */
export const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

// Bash splits words at "=" and ":", so candidates must be cut there too.
const BASH = String.raw`# ssmd completion for bash: source <(ssmd completion bash)
_ssmd() {
  local -a words=()
  local i word glue= cur="\${COMP_WORDS[COMP_CWORD]}"
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == [=:]* && \${#words[@]} -gt 0 ]]; then
      words[-1]+="$word"
      glue=1
    elif [[ -n $glue ]]; then
      words[-1]+="$word"
      glue=
    else
      words+=("$word")
    fi
  done
  [[ $cur == [=:] ]] && cur=
  local full="\${words[-1]}" line value
  local cut=$((\${#full} - \${#cur}))
  COMPREPLY=()
  while IFS= read -r line; do
    value="\${line%%$'\t'*}"
    case $value in
      :file) compopt -o default ;;
      :dir) compopt -o dirnames ;;
      *) COMPREPLY+=("$(printf '%q' "\${value:cut}")") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _ssmd ssmd
`;

const ZSH = String.raw`#compdef ssmd
# ssmd completion for zsh: source <(ssmd completion zsh), or a file _ssmd in a folder of $fpath
_ssmd() {
  local line value brief
  local -a values shown
  while IFS= read -r line; do
    value="\${line%%$'\t'*}"
    brief="\${line#*$'\t'}"
    case $value in
      :file) compset -P '--*='; _files; return ;;
      :dir) compset -P '--*='; _files -/; return ;;
    esac
    values+=("$value")
    shown+=("$value\${brief:+  -- $brief}")
  done < <("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( \${#values} )) && compadd -l -d shown -a values
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _ssmd "$@"
else
  compdef _ssmd ssmd
fi
`;

const FISH = String.raw`# ssmd completion for fish: ssmd completion fish | source
function __ssmd_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] __complete -- $words[2..-1] 2>/dev/null)
  set -l flag (string match -r -- '^--[^=]*=' $words[-1]; or echo)
  set -l path (string unescape -- (string replace -- "$flag" '' $words[-1]); or echo)
  switch "$lines[1]"
    case :file ':file*'
      printf '%s\n' $flag(__fish_complete_path $path)
    case :dir ':dir*'
      printf '%s\n' $flag(__fish_complete_directories $path)
    case '*'
      printf '%s\n' $lines
  end
end
complete -c ssmd -f -a '(__ssmd_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Completion script for a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell].replaceAll("\\${", "${");
}
