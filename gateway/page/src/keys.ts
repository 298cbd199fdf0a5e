import { byId } from "./dom.ts";

/** Keyboard shortcut; `keys` are values of KeyboardEvent.key. */
interface Shortcut {
  keys: readonly string[];
  run: (key: string) => void;
}

/** Runs the shortcut of a pressed key, unless an input has the focus or a dialog is open. */
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

/** Shows the list of shortcuts. */
export function openHelp(): void {
  byId<HTMLDialogElement>("help").showModal();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type !== "checkbox" ||
    target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

/** Enter on a link or button activates that element. */
function isPressed({ key, target }: KeyboardEvent): boolean {
  return key === "Enter" && target instanceof Element && target.closest("a, button") !== null;
}
