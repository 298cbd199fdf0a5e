import { byId, setText } from "../dom.ts";

/** Resolves the pending confirmation; only the first call counts. */
let answer: (isSure: boolean) => void = () => {};

/** Asks for confirmation of an irreversible action; false when the dialog is closed in any other way. */
export function confirmAction(title: string, text: string, action: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>("confirm");
  const isYes = () => !dialog.open && dialog.returnValue === "yes";
  // `close` fires only in the next frame, when a new question may already be open, so resolve the
  // previous question now.
  answer(isYes());
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-yes"), action);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    answer = resolve;
    dialog.onclose = () => {
      if (!dialog.open) resolve(isYes());
    };
  });
}
