/** Make the text of the release field from a pasted file, in a worker whose script is fetched for that. */

import { type Entry, type Manifest } from "../check/manifest.ts";
import { type Message } from "../check/worker.ts";
import { type AskDocument, decidingPins } from "./document.ts";

/** The text for the field, or else why there is none. */
export type Pasted = { readonly text: string } | { readonly refusal: string };

/** Files that only the command reads: the usual name, lines that only such a file has, and whether it is one of npm. */
const FILES: readonly (readonly [name: string, sign: RegExp, isOfNpm: boolean])[] = [
  ["pnpm-lock.yaml", /^lockfileVersion:/m, true],
  ["yarn.lock", /^# yarn lockfile|^__metadata:$/m, true],
  ["package-lock.json", /^\s*\{[^]*"lockfileVersion"\s*:/, true],
  ["package.json", /^\s*\{[^]*"(?:d|devD|peerD)ependencies"\s*:/, true],
  ["conda-lock.yml", /^metadata:$[^]*^package:$/m, false],
  ["environment.yml", /^dependencies:\s*$[^]*^\s*-\s/m, false],
];

/**
 * Read a pasted file.
 *
 * @param reader The address of the script that reads requirements.
 */
export async function readPasted(reader: string, text: string, facts: AskDocument): Promise<Pasted> {
  const [file, , isOfNpm] = FILES.find(([, sign]) => sign.test(text)) ?? [];
  const name = facts.package;
  if (file && isOfNpm && facts.has_check) return { refusal: `The pasted text is \`${file}\`, whose packages are those of npm. This site is about ${name} for Python.` };
  if (file) return { refusal: `The bar does not read \`${file}\`. Save the text under this name, and run \`${facts.command} check ${file}\`.` };
  const { entries, problems } = await readManifest(reader, text, name);
  const entry = entries.find(isExact) ?? entries[0];
  if (!entry) {
    const why = problems[0]?.message ?? `The pasted text requires no ${name}.`;
    return { refusal: `${why} Paste one requirement, such as \`${facts.pin.replace("VERSION", facts.versions.at(-1) ?? "")}\`, or the whole lock file.` };
  }
  const versions = [...new Set(entries.filter(isExact).map(({ specifier }) => specifier.replace(/^={2,3}/, "")))];
  if (versions.length > 1) return { refusal: `The pasted text locks ${name} in several versions: ${versions.join(", ")}. Ask about one of them.` };
  const { specifier, extras, direct, locked } = entry;
  if (direct && !specifier) return { refusal: `The pasted text takes ${name} from \`${direct}\`, which is no release on the index.` };
  const release = facts.versions.indexOf(versions[0] ?? "");
  const pins = isExact(entry) ? decidingPins(facts, release, locked) : [];
  const own = `${name}${extras.length ? `[${extras.join(",")}]` : ""}${specifier}`;
  return { text: pins.length ? `${own} with ${pins.join(" ")}` : own };
}

function isExact({ specifier }: Entry): boolean {
  return /^===?[^*,]+$/.test(specifier);
}

function readManifest(script: string, text: string, name: string): Promise<Manifest> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script);
    worker.onmessage = ({ data }: MessageEvent<Manifest>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ pasted: { text, target: { package: name } } } satisfies Message);
  });
}
