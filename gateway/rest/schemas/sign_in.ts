import { z } from "zod";
import { named } from "../../http/named.ts";

const EXPIRES = z.int().describe("Seconds of its validity.");

/** A ticket for one stream. */
export const TICKET = named(
  "Ticket",
  "What opens one stream in place of a key.",
  z.strictObject({
    ticket: z.string(),
    stream: z.string().describe(
      "Address of the stream with the ticket; append further parameters with &.",
    ),
    expires_in_s: EXPIRES,
  }),
);

/** Result of a sign-in. */
export const SIGNED_IN = named(
  "SignedIn",
  "Who signed in; the cookie comes in a header.",
  z.strictObject({
    client: z.string().describe("Empty if no keys are required."),
    role: z.string(),
    expires_in_s: EXPIRES,
  }),
);

/** Result of a sign-out. */
export const SIGNED_OUT = named(
  "SignedOut",
  "The browser is not signed in any more.",
  z.strictObject({
    signed_in: z.literal(false),
    issuer_sign_out: z.url().optional().describe(
      "Address at which the browser ends its session at the token issuer too; absent = it did " +
        "not sign in there, or the issuer offers none.",
    ),
  }),
);
