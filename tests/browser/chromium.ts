/** A headless Chromium for tests and screenshots, driven over its DevTools protocol. */
import { endProcess } from "@ssmd/runtime";

/** A page in the browser. */
export interface Page {
  /** Runs an expression in the page and gives its (JSON) value. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves when the expression gives true; rejects after `timeoutMs`. */
  waitFor(expression: string, timeoutMs: number): Promise<void>;
  /** The visible part as PNG. */
  screenshot(): Promise<Uint8Array>;
  /** Width and height in CSS pixels; `dark` chooses the colour scheme. */
  resize(width: number, height: number, dark: boolean): Promise<void>;
  goto(url: string): Promise<void>;
  /** Presses a key, as `KeyboardEvent.key` names it. */
  press(key: string): Promise<void>;
  /** Moves the mouse to a place of the visible part, CSS pixels. */
  moveTo(x: number, y: number): Promise<void>;
  /** Types a text where the keyboard is. */
  type(text: string): Promise<void>;
  /** Opens another page in front of this one: nobody sees it any more. */
  hide(): Promise<void>;
  /** Runs a script in every document that is opened from now on, before its own. */
  prepare(script: string): Promise<void>;
  /** Bytes that its scripts hold once what nobody needs has gone. */
  heapBytes(): Promise<number>;
  /** Processor time of its main thread so far, s. */
  cpuSeconds(): Promise<number>;
  /** What the console, the browser's own checks (its policy of content, …) and uncaught errors said. */
  readonly errors: string[];
  /** Requests that failed. */
  readonly failures: string[];
}

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];
/** Keys that do something by themselves need their number, too. */
const VIRTUAL_KEYS: Readonly<Record<string, number>> = {
  Enter: 13,
  Escape: 27,
  Tab: 9,
  Backspace: 8,
  ArrowUp: 38,
  ArrowDown: 40,
};
const NAMES = ["chromium", "/usr/bin/chromium"];

/** The browser's program, or undefined where there is none. */
export function findChromium(): string | undefined {
  return NAMES.find((name) => {
    try {
      return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  });
}

/** Opens an empty page, gives it to `body`, and ends the browser. */
export async function withPage<T>(body: (page: Page) => Promise<T>): Promise<T> {
  const profile = await Deno.makeTempDir({ prefix: "ssmd-chromium-" });
  const process = new Deno.Command(findChromium() ?? "chromium", {
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const browser = new AbortController();
  try {
    const port = await debugPort(process.stderr, browser.signal);
    const devTools = await DevTools.attach(port);
    try {
      return await body(await newPage(devTools));
    } finally {
      await devTools.close();
    }
  } finally {
    browser.abort();
    endProcess(process);
    await process.status;
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
}

/** Reads the port off the browser's first words; the rest is read away until `ended`. */
async function debugPort(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
  ended: AbortSignal,
): Promise<number> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  ended.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  let said = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Deno.errors.BadResource(`the browser ended: ${said}`);
    said += value;
    const match = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(said);
    if (match) {
      (async () => {
        while (!(await reader.read()).done);
      })().catch(() => {});
      return Number(match[1]);
    }
  }
}

interface Reply {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

class DevTools {
  #socket: WebSocket;
  #nextId = 1;
  #waiting = new Map<number, (reply: Reply) => void>();
  onEvent: (method: string, params: Record<string, unknown>) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const reply = JSON.parse(data) as Reply;
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
      else if (reply.method) this.onEvent(reply.method, reply.params ?? {});
    };
  }

  static async attach(port: number): Promise<DevTools> {
    const socket = new WebSocket(await pageAddress(port));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new DevTools(socket);
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    this.#waiting.delete(id);
    if (reply.error) throw new TypeError(`${method}: ${reply.error.message}`);
    return reply.result ?? {};
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.onclose = () => resolve();
      this.#socket.close();
    });
  }
}

/** Where the browser's page is driven; the browser answers before it has opened one. */
async function pageAddress(port: number): Promise<string> {
  for (;;) {
    const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json() as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const page = targets.find(({ type }) => type === "page");
    if (page !== undefined) return page.webSocketDebuggerUrl;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function newPage(devTools: DevTools): Promise<Page> {
  const errors: string[] = [];
  const failures: string[] = [];
  devTools.onEvent = (method, params) => {
    const text = JSON.stringify(params);
    if (method === "Runtime.exceptionThrown") errors.push(text);
    if (method === "Runtime.consoleAPICalled" && params["type"] === "error") errors.push(text);
    if (method !== "Log.entryAdded") return;
    const { level, source } = params["entry"] as { level: string; source: string };
    if (level === "error") (source === "network" ? failures : errors).push(text);
  };
  await devTools.send("Log.enable");
  await devTools.send("Page.enable");
  await devTools.send("Runtime.enable");
  await devTools.send("Performance.enable", { timeDomain: "threadTicks" });
  // As in a window that somebody uses: fields say when they have the focus.
  await devTools.send("Emulation.setFocusEmulationEnabled", { enabled: true });
  const evaluate = async (expression: string) => {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result } = await devTools.send("Runtime.evaluate", options);
    return (result as { value?: unknown } | undefined)?.value;
  };
  return {
    errors,
    failures,
    evaluate,
    waitFor: async (expression, timeoutMs) => {
      const untilMs = performance.now() + timeoutMs;
      // A document that is left behind answers with an error: the next one is asked.
      while (await evaluate(expression).catch(() => false) !== true) {
        if (performance.now() > untilMs) throw new RangeError(`never came true: ${expression}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    screenshot: async () => {
      const { data } = await devTools.send("Page.captureScreenshot", { format: "png" });
      return Uint8Array.fromBase64(String(data));
    },
    resize: async (width, height, dark) => {
      const size = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
      await devTools.send("Emulation.setDeviceMetricsOverride", size);
      const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
      await devTools.send("Emulation.setEmulatedMedia", { features });
    },
    goto: async (url) => void await devTools.send("Page.navigate", { url }),
    press: async (key) => {
      const text = key.length === 1 ? { text: key } : key === "Enter" ? { text: "\r" } : {};
      const code = VIRTUAL_KEYS[key];
      const press = { key, ...(code === undefined ? {} : { windowsVirtualKeyCode: code }) };
      await devTools.send("Input.dispatchKeyEvent", { type: "keyDown", ...press, ...text });
      await devTools.send("Input.dispatchKeyEvent", { type: "keyUp", ...press });
    },
    moveTo: async (x, y) =>
      void await devTools.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y }),
    type: async (text) => void await devTools.send("Input.insertText", { text }),
    hide: async () => {
      await devTools.send("Emulation.setFocusEmulationEnabled", { enabled: false });
      await devTools.send("Target.createTarget", { url: "about:blank" });
    },
    prepare: async (source) =>
      void await devTools.send("Page.addScriptToEvaluateOnNewDocument", { source }),
    heapBytes: async () => {
      await devTools.send("HeapProfiler.collectGarbage");
      return Number((await devTools.send("Runtime.getHeapUsage"))["usedSize"]);
    },
    cpuSeconds: async () => {
      const { metrics } = await devTools.send("Performance.getMetrics");
      const all = metrics as { name: string; value: number }[];
      return all.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
    },
  };
}
