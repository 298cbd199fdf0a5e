import { ConfigError } from "@ssmd/runtime";

/** Terminal with raw mode, to hide input. */
interface SecretTerminal {
  setRaw(raw: boolean): void;
  read(into: Uint8Array): Promise<number | null>;
  write(text: string): void;
}

const CHARS_MAX = 64 * 1024;
/** Escape sequences: arrow keys and bracketed-paste marks. */
// deno-lint-ignore no-control-regex -- escape sequences begin with a control character
const ESCAPES = /\x1b(\[[0-9;]*[A-Za-z~]|O[A-Za-z])/g;
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
const BACKSPACE = /[\b\x7f]/;

/** Prompts for hidden values; a pasted PEM text may have many lines. */
export class SecretPrompt {
  #terminal: SecretTerminal;
  /** Input read ahead. */
  #rest = "";

  /** Prompts on `terminal`. */
  constructor(terminal: SecretTerminal) {
    this.#terminal = terminal;
  }

  /** Prompts on the process's terminal; questions go to stderr. */
  static ofProcess(): SecretPrompt {
    return new SecretPrompt({
      setRaw: (raw) => Deno.stdin.setRaw(raw),
      read: (into) => Deno.stdin.read(into),
      write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
    });
  }

  /**
   * Reads one value per question. Throws ConfigError `KEY_INPUT_CANCELLED` (Ctrl-C, Ctrl-D, end of
   * input) or `KEY_INPUT_TOO_LARGE`.
   */
  async ask(questions: readonly string[]): Promise<string[]> {
    // Raw mode spans all questions, so that input typed or pasted ahead is hidden too.
    this.#terminal.setRaw(true);
    try {
      const answers: string[] = [];
      for (const question of questions) {
        this.#terminal.write(question);
        answers.push(await this.#line());
        this.#terminal.write("\r\n");
      }
      return answers;
    } finally {
      this.#terminal.setRaw(false);
    }
  }

  async #line(): Promise<string> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(4096);
    let value = "";
    for (;;) {
      const chars = [...this.#rest.replace(ESCAPES, "")];
      this.#rest = "";
      for (const [i, char] of chars.entries()) {
        if (char === CTRL_C || (char === CTRL_D && value === "")) throw cancelled();
        if (char === CTRL_U) value = "";
        else if (BACKSPACE.test(char)) value = [...value].slice(0, -1).join("");
        else if (char !== "\r" && char !== "\n") value += char >= " " ? char : "";
        else if (!isOpenPem(value)) {
          const paired = char === "\r" && chars[i + 1] === "\n";
          this.#rest = chars.slice(i + (paired ? 2 : 1)).join("");
          return value;
        } else if (char === "\n" || chars[i + 1] !== "\n") value += "\n";
      }
      if (value.length > CHARS_MAX) throw tooLarge();
      const count = await this.#terminal.read(buffer);
      if (count === null) throw cancelled();
      this.#rest = decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  }
}

/** Returns true when a PEM text is not complete yet. */
function isOpenPem(value: string): boolean {
  return value.startsWith("-----BEGIN ") && !/-----END [A-Z0-9 ]+-----$/.test(value);
}

function cancelled(): ConfigError {
  return new ConfigError("KEY_INPUT_CANCELLED", "No value was given; nothing was changed", {
    hint: "Type or paste the value and press Enter, or pipe it: … < file",
  });
}

function tooLarge(): ConfigError {
  return new ConfigError("KEY_INPUT_TOO_LARGE", `The value is over ${CHARS_MAX} characters`, {
    hint: "Is it the right text?",
  });
}
