/**
 * The environment of the cell, which has this program in a folder beside the packages: so `import` finds the SDK here as
 * it does in a program of its users.
 */

import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The name of the package under test. */
export const PACKAGE = "ai";

const FOLDER = realpathSync(fileURLToPath(new URL("..", import.meta.url)));

/** Each folder whose path differs between two runs, to the text that stands for it. */
export const FOLDERS = [
  [FOLDER, "{env}"],
  [process.env.HOME, "{home}"],
].filter(([folder]) => folder?.length > 1);

/** Map the place of each installed package below `node_modules` to its version, as npm recorded them. */
export function installed() {
  let record;
  try {
    record = readFileSync(join(FOLDER, "node_modules", ".package-lock.json"), "utf8");
  } catch {
    return {}; // another program installed them
  }
  const places = Object.entries(JSON.parse(record).packages);
  return Object.fromEntries(places.map(([place, { version }]) => [place.replace("node_modules/", ""), version]));
}
