import { byId, setText } from "../dom.ts";
import type { Rest } from "../net/rest.ts";

/** Signing in with a key and out again; the key goes into one header and is kept nowhere. */
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
    // Nothing is to be seen without a key, so it cannot be closed.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("sign-out").onclick = () => void this.signOut();
  }

  /** Asks for a key. */
  open(): void {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    this.#key.focus();
  }

  /** Ends the sign-in; what was kept in this browser goes with it. */
  async signOut(): Promise<void> {
    await this.#rest.post("/v1/sign-out");
    await this.#rest.forget();
    location.reload();
  }

  async #signIn(): Promise<void> {
    // A header takes no characters beyond Latin-1, and no key has any.
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
