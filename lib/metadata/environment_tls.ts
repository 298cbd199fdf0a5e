import { fields, plainText } from "./shape.ts";

/** TLS of a connection to a server. */
export const TLS_TO_SERVER = fields({
  ca: plainText.exactOptional()
    .describe("File (PEM) with the CA of the server's certificate; absent = the system's"),
  cert: plainText.exactOptional()
    .describe("File (PEM) with our own certificate, if the server requires one"),
  key: plainText.exactOptional().describe("File (PEM) with its private key, without a password"),
  server_name: plainText.exactOptional()
    .describe("Name in the server's certificate; absent = the host of the address"),
}).refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
  error: "cert and key belong together: name both or none",
});
