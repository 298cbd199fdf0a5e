/** A controller's key pair, made by openssl. */
export interface ControllerKeys {
  dir: string;
  certificatePath: string;
  privateKeyPath: string;
  certificate: string;
  privateKey: string;
}

/** Whether a program can be started. */
export async function hasProgram(name: string, ...args: string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(name, { args, stdout: "null", stderr: "null" });
    const { success } = await command.output();
    return success;
  } catch {
    return false;
  }
}

/** Runs openssl in a folder; throws when it fails. */
export async function openssl(dir: string, ...args: string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args, cwd: dir, stdout: "null", stderr: "null" });
  const { success } = await command.output();
  if (!success) throw new TypeError(`openssl ${args.join(" ")} failed`);
}

/** Makes a certificate and its key in `dir`, like those of a controller. */
export async function controllerKeys(dir: string, ...extra: string[]): Promise<ControllerKeys> {
  const made = ["-keyout", "controller.key", "-out", "controller.pem", "-subj", "/O=sealed-secret"];
  const kind = extra.includes("-newkey") ? [] : ["-newkey", "rsa:2048"];
  const days = extra.includes("-not_after") ? [] : ["-days", "30"];
  await openssl(dir, "req", "-x509", "-nodes", ...kind, ...days, ...made, ...extra);
  const [certificatePath, privateKeyPath] = [`${dir}/controller.pem`, `${dir}/controller.key`];
  return {
    dir,
    certificatePath,
    privateKeyPath,
    certificate: await Deno.readTextFile(certificatePath),
    privateKey: await Deno.readTextFile(privateKeyPath),
  };
}

/** Makes a certificate for 127.0.0.1, its key, and the authority `ca` that signed it, all in `dir`. */
export async function signedCertificate(
  dir: string,
): Promise<{ ca: string; certificatePath: string; privateKeyPath: string }> {
  await openssl(
    dir,
    ...["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "30", "-subj", "/CN=ca"],
    ...["-keyout", "ca.key", "-out", "ca.pem"],
  );
  await openssl(
    dir,
    ...["req", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=server", "-keyout", "server.key"],
    ...["-out", "server.csr"],
  );
  await Deno.writeTextFile(`${dir}/names`, "subjectAltName=IP:127.0.0.1\n");
  await openssl(
    dir,
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30"],
    ...["-CAcreateserial", "-extfile", "names", "-out", "server.pem"],
  );
  return {
    ...{ ca: `${dir}/ca.pem`, certificatePath: `${dir}/server.pem` },
    privateKeyPath: `${dir}/server.key`,
  };
}
