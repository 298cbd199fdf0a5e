/** A controller's key pair, created by openssl. */
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

/** Files of a certificate and its private key (PEM). */
export interface CertificateFiles {
  certificatePath: string;
  privateKeyPath: string;
}

/** Options of a certificate to sign. */
interface Signing {
  /** Files are `<dir>/<name>.pem` and `<dir>/<name>.key`; default "server". */
  name?: string;
  /** Subject as openssl writes it: `/O=Desk/CN=algo-7`. */
  subject?: string;
  /** Extension lines; default those of a server on 127.0.0.1. */
  extensions?: string;
  /** Whether it is expired. */
  isOver?: boolean;
}

/** A certificate authority. */
export interface Authority {
  /** File of its own certificate. */
  ca: string;
  sign(what?: Signing): Promise<CertificateFiles>;
}

const RSA = ["-nodes", "-newkey", "rsa:2048"] as const;
/** Only `openssl ca` accepts dates in the past. */
const CA_CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
organizationName = optional
`;

/** Creates an authority with its files in `dir`, `<name>.pem` and others. */
export async function authority(dir: string, name = "ca"): Promise<Authority> {
  const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
  await openssl(dir, "req", "-x509", ...RSA, "-days", "30", "-subj", "/CN=ca", ...files);
  const signer = ["-extfile", "names", "-days", "30"];
  const sign = async ({ name: leaf = "server", ...what }: Signing = {}) => {
    const { subject = "/CN=server", extensions = "subjectAltName=IP:127.0.0.1" } = what;
    const [certificate, request] = [`${leaf}.pem`, `${leaf}.csr`];
    const asks = ["-utf8", "-subj", subject, "-keyout", `${leaf}.key`, "-out", request];
    await openssl(dir, "req", ...RSA, ...asks);
    await Deno.writeTextFile(`${dir}/names`, `${extensions}\n`);
    if (what.isOver) {
      await Deno.writeTextFile(`${dir}/ca.cnf`, CA_CONFIG);
      await Deno.writeTextFile(`${dir}/index.txt`, "");
      await openssl(
        dir,
        ...["ca", "-batch", "-config", "ca.cnf", "-cert", `${name}.pem`, "-keyfile", `${name}.key`],
        ...["-in", request, "-out", certificate, "-notext", "-extfile", "names"],
        ...["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
      );
    } else {
      const by = ["-CA", `${name}.pem`, "-CAkey", `${name}.key`, "-CAcreateserial"];
      await openssl(dir, "x509", "-req", "-in", request, ...by, ...signer, "-out", certificate);
    }
    return { certificatePath: `${dir}/${certificate}`, privateKeyPath: `${dir}/${leaf}.key` };
  };
  return { ca: `${dir}/${name}.pem`, sign };
}

/** Makes a certificate for 127.0.0.1, its key, and the authority `ca` that signed it, all in `dir`. */
export async function signedCertificate(dir: string): Promise<CertificateFiles & { ca: string }> {
  const { ca, sign } = await authority(dir);
  return { ca, ...await sign() };
}
