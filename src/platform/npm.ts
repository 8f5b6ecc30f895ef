// Files of npm packages: takes `npm:package@version/path`, gives the bytes. Deno itself finds, downloads and caches the package (`deno info`), so that
// the registry, the cache and their settings are those of every other npm: import; no node_modules folder is made.

/** The parts of a file specifier `npm:package@version/path`. */
export interface NpmFile {
  /** With the version or range, if there is one. */
  readonly package: string;
  /** Inside the package, without a leading slash. */
  readonly path: string;
}

/** Takes `npm:[@scope/]package[@version]/path` apart. Throws an Error if it has another form. */
export function parseNpmFile(specifier: string): NpmFile {
  const match = /^npm:\/?((?:@[^/@]+\/)?[^/@]+(?:@[^/]+)?)\/(.+)$/.exec(specifier);
  if (match === null) throw new Error(`${specifier} is not of the form npm:package@version/path`);
  const [, name, path] = match;
  if (path.split(/[/\\]/).includes("..")) throw new Error(`${specifier} leads out of its package`);
  return { package: name, path };
}

const FOLDERS = new Map<string, Promise<string>>();

/**
 * Reads a file of an npm package, which is downloaded if it is not in Deno's cache. Takes `npm:package@version/path`. Needs --allow-run for Deno's own executable and --allow-read
 * for its cache. Throws an Error that says whether the specifier, the permission, the package or the file is at fault.
 */
export async function readNpmFile(specifier: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = parseNpmFile(specifier);
  let folder = FOLDERS.get(file.package);
  if (folder === undefined) {
    folder = packageFolder(file.package);
    FOLDERS.set(file.package, folder);
    folder.catch(() => FOLDERS.delete(file.package));
  }
  const path = `${await folder}/${file.path}`;
  try {
    return await Deno.readFile(path);
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) throw new Error(`npm package ${file.package} has no file ${file.path}`);
    throw e;
  }
}

/** What `deno info --json` says of packages. */
interface Info {
  readonly modules?: readonly { readonly error?: string; readonly npmPackage?: string }[];
  readonly npmPackages?: Readonly<Record<string, { readonly localPath?: string }>>;
}

async function packageFolder(name: string): Promise<string> {
  const info: Info = JSON.parse((await deno(name, "info", "--json")).stdout);
  const root = info.modules?.[0];
  const path = root?.npmPackage === undefined ? undefined : info.npmPackages?.[root.npmPackage]?.localPath;
  if (path !== undefined) return path;
  // `deno info` leaves out why the dependencies of a package cannot be had; `deno cache` says it.
  const reason = root?.error ?? /error: (.*)/.exec((await deno(name, "cache")).stderr)?.[1];
  throw new Error(`npm:${name}: ${reason ?? "Deno does not say where the package is"}`);
}

/** Runs Deno on a package; gives what it printed, without colours. */
async function deno(name: string, ...command: string[]): Promise<{ stdout: string; stderr: string }> {
  const args = [...command, "--no-config", "--no-lock", "--node-modules-dir=none", `npm:${name}`];
  try {
    const output = await new Deno.Command(Deno.execPath(), {
      args,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).output();
    return { stdout: new TextDecoder().decode(output.stdout), stderr: new TextDecoder().decode(output.stderr) };
  } catch (e) {
    if (!(e instanceof Deno.errors.NotCapable)) throw e;
    throw new Error(`npm:${name} needs --allow-run and --allow-read, since Deno finds and caches the package`);
  }
}
