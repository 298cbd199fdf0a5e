const REGISTRY = new URL("../../exchanges", import.meta.url).pathname;

/** Copies the registry to a new folder with `demo-nats` edited; returns the parent folder. */
export async function copyRegistry(edit: (text: string) => string): Promise<string> {
  const project = await Deno.makeTempDir();
  const { success } = await new Deno.Command("cp", { args: ["-r", REGISTRY, project] }).output();
  if (!success) throw new Deno.errors.NotFound("the registry was not copied");
  const path = `${project}/exchanges/environments/demo-nats.yaml`;
  await Deno.writeTextFile(path, edit(await Deno.readTextFile(path)));
  return project;
}
