import type { Reply } from "./reply.ts";

/** Path of the sign-in script. */
export const SIGN_IN_SCRIPT_PATH = "/sign-in.js";

const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; " +
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
};

/** Path at which a browser starts to sign in at the issuer. */
export const ISSUER_SIGN_IN_PATH = "/sign-in/issuer";

/** Options of the sign-in page beside keys. */
interface SignInOffer {
  /** Host of the issuer at which people sign in; absent = keys only. */
  issuer?: string | undefined;
  /** Reason why the previous sign-in failed. */
  problem?: string;
}

const html = ({ issuer, problem = "" }: SignInOffer) =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ssmd: sign in</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; }
form { width: min(30rem, 90vw); display: grid; gap: .75rem; }
h1 { font-size: 1.2rem; margin: 0; }
input, button, .button { text-align: center; text-decoration: none; font: inherit; padding: .5rem .75rem; border: 1px solid GrayText; border-radius: 4px; }
input { font-family: ui-monospace, monospace; }
p { margin: 0; color: GrayText; }
[role=alert] { color: light-dark(#b00020, #ff8a80); min-height: 3em; }
</style>
</head>
<body>
<form>
<h1>${issuer === undefined ? "This gateway asks for a key" : "Sign in"}</h1>
${
    issuer === undefined
      ? ""
      : `<a class="button" href="${ISSUER_SIGN_IN_PATH}">Sign in at ${
        escaped(issuer)
      }</a>\n<p>or with a key</p>`
  }
<label for="key">API key</label>
<input id="key" type="password" autocomplete="current-password" spellcheck="false"
 placeholder="ssmd_…" required autofocus>
<button disabled>Sign in</button>
<p>It stays in this browser for 12 hours as a cookie that scripts cannot read. Keys are made with
<code>ssmd client api-key create</code>.</p>
<p role="alert">${escaped(problem)}</p>
<noscript>Signing in needs JavaScript.</noscript>
</form>
<script src="${SIGN_IN_SCRIPT_PATH}"></script>
</body>
</html>
`;

const SCRIPT = `"use strict";
const form = document.querySelector("form");
const told = document.querySelector("[role=alert]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = form.elements.key.value.trim();
  told.textContent = "";
  try {
    // A header takes no characters beyond Latin-1, and no key has any.
    const authorization = "Bearer " + key.replace(/[^\\x21-\\x7e]/g, "");
    const answer = await fetch("/v1/sign-in", { method: "POST", headers: { authorization } });
    // Navigating to an address with a hash does not reload it.
    if (answer.ok && location.pathname === "/sign-in") return location.replace("/");
    if (answer.ok) return location.reload();
    const problem = await answer.json();
    told.textContent = problem.detail + (problem.hint ? ". " + problem.hint : "");
  } catch {
    told.textContent = "The gateway does not answer. Try again.";
  }
  form.elements.key.select();
});
// Before this the browser itself would send the form.
form.querySelector("button").disabled = false;
`;

/** Returns the sign-in page; status 401 in place of a page that needs a key. */
export function signInPage(status: 200 | 401 | 403, offer: SignInOffer = {}): Reply {
  return {
    status,
    headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" },
    body: html(offer),
  };
}

/**
 * Returns a page that leads back after a sign-in at the issuer. A redirect would count as
 * cross-site, and browsers would withhold the cookie (SameSite=Strict).
 */
export function signedInPage(): Reply {
  return {
    status: 200,
    headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=/">
<title>ssmd: signed in</title>
<a href="/">Signed in</a>
</html>
`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Returns the sign-in script. */
export function signInScript(): Reply {
  const type = "text/javascript; charset=utf-8";
  return { status: 200, headers: { ...HEADERS, "content-type": type }, body: SCRIPT };
}
