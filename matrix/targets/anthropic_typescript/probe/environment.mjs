/**
 * The environment of the cell: where the SDK is, and how this program imports it as its users do.
 *
 * An import finds packages in the folders above the file that imports. So the handlers are copied into a temporary
 * folder, the workshop, whose `node_modules` is a link to that of the environment.
 */

import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The name of the package under test. */
export const PACKAGE = "@anthropic-ai/sdk";

/** Return the nearest folder with packages, from the path by which the interpreter was started upwards. */
function findPackages() {
  for (let folder = dirname(resolve(process.argv0)); ; folder = dirname(folder)) {
    const packages = join(folder, "node_modules");
    if (existsSync(packages)) return packages;
    if (folder === dirname(folder)) return packages; // none: the import says so
  }
}

/** The environment's folder, by each of its names. */
export const FOLDERS = (() => {
  const folder = dirname(findPackages());
  return existsSync(folder) ? [...new Set([realpathSync(folder), folder])] : [folder];
})();

/**
 * Make the workshop.
 *
 * @returns {{folder: string, packages: string, entry: string, handlers: string}} its path, the path of the packages, the
 *   address of a module with everything that the package exports, and the path of the handlers.
 */
export function makeWorkshop() {
  const packages = findPackages();
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "midstream-"));
  symlinkSync(packages, join(folder, "node_modules"));
  const handlers = join(folder, "handlers");
  cpSync(join(dirname(fileURLToPath(import.meta.url)), "handlers"), handlers, { recursive: true });
  const entry = join(folder, "entry.mjs");
  writeFileSync(entry, `export * from "${PACKAGE}";\nexport { default } from "${PACKAGE}";\n`);
  return { folder, packages, entry: pathToFileURL(entry).href, handlers };
}

/** Map the place of each installed package to its version, as npm recorded them. */
export function installed({ packages }) {
  try {
    const places = JSON.parse(readFileSync(join(packages, ".package-lock.json"), "utf8")).packages;
    const entries = Object.entries(places).map(([place, { version }]) => [place.replace("node_modules/", ""), version]);
    return Object.fromEntries(entries.filter(([, version]) => version));
  } catch {
    return {};
  }
}
