// @ts-types="@types/react"
import { createElement, useEffect, useReducer } from "react";
import { Box, type Key, render, Text, type TextProps, useInput, useWindowSize } from "ink";
import { writeOut } from "../output.ts";
import { screenLines, type Style } from "./screen.ts";
import type { Tui } from "./tui.ts";

/** Minimum time between two redraws, ms. */
const DRAW_MS = 100;
const CURSOR_HOME = "\x1b[H";

const COLORS: Readonly<Record<Style, TextProps>> = {
  plain: {},
  title: { bold: true },
  selected: { inverse: true },
  good: { color: "green" },
  warn: { color: "yellow" },
  bad: { color: "red" },
  dim: { dimColor: true },
};

/** Shows the screen until it is left; returns the function to run outside of it, if any. */
export async function showOnTerminal(
  tui: Tui,
  hasColor: boolean,
): Promise<(() => Promise<void>) | undefined> {
  const app = render(null, {
    ...{ alternateScreen: true, incrementalRendering: true, interactive: true },
    ...{ exitOnCtrlC: false, patchConsole: false },
  });
  // Ink draws from the shell's cursor, so move it to the first line.
  writeOut(CURSOR_HOME);
  app.rerender(createElement(Screen, { tui, hasColor }));
  const { promise, resolve } = Promise.withResolvers<(() => Promise<void>) | undefined>();
  tui.onLeave = resolve;
  try {
    return await Promise.race([promise, app.waitUntilExit().then(() => undefined)]);
  } finally {
    tui.onLeave = () => {};
    app.unmount();
    await app.waitUntilExit();
  }
}

function Screen({ tui, hasColor }: { tui: Tui; hasColor: boolean }) {
  const size = useWindowSize();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => drawOnChange(tui, draw), [tui]);
  useInput((input, key) => {
    for (const name of keysOf(input, key)) tui.onKey(name);
    draw();
  });
  const lines = screenLines(tui, size).map((line, i) =>
    createElement(
      Text,
      { key: i, wrap: "truncate-end" },
      ...line.map(({ text, style }, j) =>
        createElement(Text, { key: j, ...(hasColor ? COLORS[style] : {}) }, text)
      ),
      // An empty line would take no row.
      ...(line.every(({ text }) => text === "") ? [" "] : []),
    )
  );
  return createElement(Box, { flexDirection: "column", width: size.columns }, ...lines);
}

/** Limits redraws to ten per second. */
function drawOnChange(tui: Tui, draw: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawnMs = 0;
  tui.onChange = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      drawnMs = performance.now();
      draw();
    }, Math.max(0, drawnMs + DRAW_MS - performance.now()));
  };
  return () => {
    clearTimeout(timer);
    tui.onChange = () => {};
  };
}

/** Names of the keys in one input event. */
function keysOf(input: string, key: Key): string[] {
  if (key.ctrl) return input === "c" ? ["ctrl-c"] : [];
  const names: readonly (readonly [boolean, string])[] = [
    [key.upArrow, "up"],
    [key.downArrow, "down"],
    [key.leftArrow, "left"],
    [key.rightArrow, "right"],
    [key.pageUp, "page up"],
    [key.pageDown, "page down"],
    [key.home, "home"],
    [key.end, "end"],
    [key.return, "enter"],
    [key.escape, "escape"],
    [key.backspace || key.delete, "backspace"],
    [key.tab && key.shift, "shift-tab"],
    [key.tab, "tab"],
  ];
  const name = names.find(([isPressed]) => isPressed)?.[1];
  return name === undefined ? [...input].map((each) => CONTROLS[each] ?? each) : [name];
}

/** Control characters that arrive in one event with other keys. */
const CONTROLS: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x1b": "escape",
  "\x7f": "backspace",
  "\x03": "ctrl-c",
};
