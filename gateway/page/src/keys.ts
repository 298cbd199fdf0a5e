import { byId } from "./dom.ts";

/** What a key does; `keys` are those of KeyboardEvent.key. */
interface Shortcut {
  keys: readonly string[];
  run: (key: string) => void;
}

/** Runs the action of a key, unless an input has the focus or a dialog is open. */
export function listenForKeys(shortcuts: readonly Shortcut[]): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
    const shortcut = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (shortcut === undefined || isPressed(event)) return;
    event.preventDefault();
    shortcut.run(event.key);
  });
}

/** Shows which keys there are. */
export function openHelp(): void {
  byId<HTMLDialogElement>("help").showModal();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type !== "checkbox" ||
    target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

/** Enter on a link or button is its own. */
function isPressed({ key, target }: KeyboardEvent): boolean {
  return key === "Enter" && target instanceof Element && target.closest("a, button") !== null;
}
