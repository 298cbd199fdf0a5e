import { byId, setText } from "../dom.ts";

/** Gives the latest question its answer; the first answer counts. */
let answer: (isSure: boolean) => void = () => {};

/** Asks before something that cannot be taken back; false when it is closed in any other way. */
export function confirmAction(title: string, text: string, action: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>("confirm");
  const isYes = () => !dialog.open && dialog.returnValue === "yes";
  // A browser tells of a closed dialog only with its next frame, when the dialog may ask the next
  // question already: the question before gets its own answer now, not that one's.
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
