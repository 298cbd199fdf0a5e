import { byId, setText } from "../dom.ts";
import type { Rest } from "../net/rest.ts";

/** Sign-in with a key, and sign-out; the key is sent in one header and never stored. */
export class SignInView {
  #rest: Rest;
  #dialog = byId<HTMLDialogElement>("sign-in");
  #key = byId<HTMLInputElement>("sign-in-key");
  #onSignedIn: () => void;

  constructor(rest: Rest, onSignedIn: () => void) {
    this.#rest = rest;
    this.#onSignedIn = onSignedIn;
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#signIn();
    });
    // The page shows nothing without a key, so the dialog cannot be closed.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("sign-out").onclick = () => void this.signOut();
  }

  /** Opens the dialog. */
  open(): void {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    this.#key.focus();
  }

  /** Signs out, also at the issuer where it signed in there, and deletes cached answers. */
  async signOut(): Promise<void> {
    const answer = await this.#rest.post("/v1/sign-out");
    await this.#rest.forget();
    const address = answer.ok ? answer.body["issuer_sign_out"] : undefined;
    if (typeof address === "string") location.replace(address);
    else location.reload();
  }

  async #signIn(): Promise<void> {
    // A header accepts only Latin-1, and keys are ASCII.
    const key = this.#key.value.replace(/[^\x21-\x7e]/g, "");
    this.#key.value = "";
    setText(byId("sign-in-problem"), "");
    const answer = await this.#rest.post("/v1/sign-in", { authorization: `Bearer ${key}` });
    if (!answer.ok) {
      setText(byId("sign-in-problem"), answer.detail);
      return this.#key.focus();
    }
    this.#dialog.close();
    this.#onSignedIn();
  }
}
