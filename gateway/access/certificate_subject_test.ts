import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { openssl } from "../../tests/servers/certificates.ts";
import { certificateSubject } from "./certificate_subject.ts";

async function made(dir: string, subject: string): Promise<{ own: string; openssl: string }> {
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8"];
  const files = ["-keyout", "it.key", "-out", "it.pem", "-days", "2"];
  await openssl(dir, "req", ...kind, ...files, "-multivalue-rdn", "-subj", subject);
  const { raw } = new X509Certificate(await Deno.readTextFile(`${dir}/it.pem`));
  const args = ["x509", "-in", "it.pem", "-noout", "-subject", "-nameopt", "RFC2253"];
  const { stdout } = await new Deno.Command("openssl", { args, cwd: dir }).output();
  const text = new TextDecoder().decode(stdout).replace(/^subject= ?/, "").replace(/\n$/, "");
  return { own: certificateSubject(raw), openssl: text };
}

Deno.test("a subject is written as openssl writes it, and no two alike", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const written = new Set<string>();
    const subjects = [
      "/C=US/O=Desk, Inc/CN=algo-7",
      // Text that would be read as an attribute of its own.
      "/CN=algo-7,O=Desk\\, Inc,C=US",
      "/O=Desk\\, Inc,C=US/CN=algo-7",
      "/C=US/O=Desk, Inc/CN=algo-7/UID=9",
      "/DC=example/DC=desk/OU=one/OU=two/UID=9/emailAddress=a@b.c/serialNumber=77/CN=x",
      '/CN= #edges "quoted" <a>;b\\\\c ',
      "/CN=#1",
      "/O=Börse Zürich/CN=日本",
      "/CN=a\nb",
      "/OU=one+CN=two",
      "/GN=G/SN=S/title=t/street=s/L=l/ST=st/CN=n",
    ];
    for (const subject of subjects) {
      const { own, openssl } = await made(dir, subject);
      assert.equal(own, openssl, subject);
      written.add(own);
    }
    assert.equal(written.size, subjects.length);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("an attribute without a name is written by its number and bytes, not left out", () => {
  const text = (
    tag: number,
    value: string,
  ) => [tag, value.length, ...new TextEncoder().encode(value)];
  const sequence = (
    tag: number,
    ...parts: number[][]
  ) => [tag, parts.flat().length, ...parts.flat()];
  const pair = (id: number[], value: number[]) =>
    sequence(0x31, sequence(0x30, [0x06, id.length, ...id], value));
  const name = sequence(
    0x30,
    pair([0x2a, 0x03, 0x04], text(0x0c, "zz")),
    pair([0x55, 0x04, 0x03], text(0x13, "x")),
  );
  const der = sequence(
    0x30,
    sequence(0x30, text(0x02, "1"), sequence(0x30), sequence(0x30), sequence(0x30), name),
  );
  assert.equal(certificateSubject(Uint8Array.from(der)), "CN=x,1.2.3.4=#0C027A7A");
  for (let end = 0; end < der.length; end++) {
    assert.throws(() => certificateSubject(Uint8Array.from(der.slice(0, end))), RangeError);
  }
});
