/** Which kind of file a text is, by its name or by what it says, and what it says of the target. */

import { TomlError, parse as parseToml } from "smol-toml";

import { type Parsed, parseWithLines } from "./lines.ts";
import { readPdmLock, readPipfile, readPipfileLock, readPoetryLock, readPylock, readUvLock } from "./locks.ts";
import { Draft, type Manifest, isTable, shown } from "./manifest.ts";
import { readPyproject } from "./pyproject.ts";
import { type Target } from "./requirement.ts";
import { readRequirements } from "./requirements.ts";

interface Kind {
  readonly id: string;
  /** The whole name of such a file, in any case. */
  readonly name: RegExp;
  /** Lines that, all of them, only such a text has. */
  readonly signs: readonly RegExp[];
  readonly parse?: (text: string) => unknown;
  readonly read?: (parsed: Parsed, draft: Draft) => void;
}

const NEVER = /(?!)/;

/** As their signs are looked for: what a lock has, a project file may have as well. */
const KINDS: readonly Kind[] = [
  { id: "Pipfile.lock", name: /^Pipfile\.lock$/i, signs: [/^\s*\{/, /^[ \t]*"_meta"\s*:/m], parse: JSON.parse, read: readPipfileLock },
  { id: "pylock", name: /^pylock\.([^.]+\.)?toml$/i, signs: [/^\[\[packages\]\]$/m, /^lock-version\s*=/m], parse: parseToml, read: readPylock },
  { id: "poetry.lock", name: /^poetry\.lock$/i, signs: [/^\[metadata\]$/m, /^lock-version\s*=/m], parse: parseToml, read: readPoetryLock },
  { id: "pdm.lock", name: /^pdm\.lock$/i, signs: [/^\[metadata\]$/m, /^lock_version\s*=/m], parse: parseToml, read: readPdmLock },
  { id: "uv.lock", name: /^uv\.lock$/i, signs: [/^\[\[package\]\]$/m, /^source\s*=/m], parse: parseToml, read: readUvLock },
  {
    id: "pyproject", name: /^pyproject\.toml$/i, parse: parseToml, read: readPyproject,
    signs: [/^\[(?:project|build-system|dependency-groups|tool\.[a-z.-]+)\]$/m],
  },
  { id: "Pipfile", name: /^Pipfile$/i, signs: [/^\[(?:dev-)?packages\]$/m], parse: parseToml, read: readPipfile },
  { id: "requirements", name: /\.(txt|in)$/i, signs: [NEVER] },
];

/** Characters; the largest locks that are known have three million. */
export const LIMIT = 16 * 1024 * 1024;

/**
 * What a text says of the target. Never throws: what can't be read is a problem with a line.
 *
 * @param name Of the file; empty for a text that was typed or pasted, which is requirements unless it looks otherwise.
 */
export function read(text: string, target: Target, name = ""): Manifest {
  const draft = new Draft(target);
  if (text.length > LIMIT) {
    draft.say(`It has more than ${LIMIT >> 20} MB: no manifest is that large.`, "`matrix check` reads files of up to that.");
    return draft.done("unknown");
  }
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const kind = kindOf(plain, name);
  if (!kind) {
    const known = "requirements (*.txt, *.in), pyproject.toml, uv.lock, poetry.lock, pdm.lock, Pipfile, Pipfile.lock and pylock.toml";
    draft.say("It is no manifest that this page knows.", `It reads ${known}.`);
    return draft.done("unknown");
  }
  if (kind.parse && kind.read) readParsed(plain, kind.parse, kind.read, draft);
  else readRequirements(plain, draft);
  return draft.done(kind.id);
}

function kindOf(text: string, name: string): Kind | undefined {
  const named = KINDS.find((kind) => kind.name.test(name));
  const signed = (): Kind | undefined => KINDS.find((kind) => kind.signs.every((sign) => sign.test(text)));
  return named ?? signed() ?? (name ? undefined : KINDS.at(-1));
}

function readParsed(text: string, parse: NonNullable<Kind["parse"]>, reader: NonNullable<Kind["read"]>, draft: Draft): void {
  let parsed: Parsed;
  try {
    parsed = parseWithLines(text, parse, draft.target);
  } catch (error) {
    sayBroken(error, text, draft);
    return;
  }
  if (isTable(parsed.tree)) reader(parsed, draft);
  else draft.say(`It is ${shown(parsed.tree)}, and not an object.`, "Whatever wrote it can write it again.");
}

function sayBroken(error: unknown, text: string, draft: Draft): void {
  const conflict = /^(?:<<<<<<< |=======$|>>>>>>> )/m.test(text);
  const hint = conflict ? "This is a merge conflict: resolve it first." : "Whatever wrote it can write it again.";
  if (error instanceof TomlError) {
    const [message = ""] = error.message.replace("Invalid TOML document: ", "").split("\n");
    draft.say(`It is broken TOML: ${message}. Nothing of it was read.`, hint, error.line);
  } else if (error instanceof SyntaxError) {
    const offset = Number(/position (\d+)/.exec(error.message)?.[1] ?? NaN);
    const line = Number.isNaN(offset) ? 0 : text.slice(0, offset).split("\n").length;
    draft.say("It is broken JSON. Nothing of it was read.", hint, line);
  } else {
    draft.say("It is nested too deeply to be read.");
  }
}
