/** Choose the parser of a text by the name of its file, or else by its content, and read its requirements on the target. */

import { TomlError, parse as parseToml } from "smol-toml";

import { type Parsed, parseWithLines } from "./lines.ts";
import { readPdmLock, readPipfile, readPipfileLock, readPoetryLock, readPylock, readUvLock } from "./locks.ts";
import { Draft, type Manifest, describe, isTable } from "./manifest.ts";
import { readPyproject } from "./pyproject.ts";
import { type Target } from "./requirement.ts";
import { readRequirements } from "./requirements.ts";
import { LIMIT, TOO_LARGE } from "./text.ts";

interface Kind {
  readonly id: string;
  /** Matches the whole name of such a file, in any case. */
  readonly name: RegExp;
  /** Match lines that together occur only in files of this kind. */
  readonly signs: readonly RegExp[];
  readonly parse?: (text: string) => unknown;
  readonly read?: (parsed: Parsed, draft: Draft) => void;
}

const NEVER = /(?!)/;
/** `Pipfile.lock` is the only JSON that the page reads. */
const REGENERATE_JSON = "Regenerate it with `pipenv lock`.";

/** In the order in which their signs are tried: a project file may contain the signs of a lock. */
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
  { id: "requirements", name: /(\.(txt|in)|^requirements.*\.lock)$/i, signs: [NEVER] },
];

/**
 * Read every requirement on the target in a text. Never throws: a part that can't be read becomes a problem.
 *
 * @param name The name of the file; empty for a typed or pasted text, which is requirements unless its content shows
 *   another kind.
 */
export function read(text: string, target: Target, name = ""): Manifest {
  const draft = new Draft(target);
  if (text.length > LIMIT) {
    draft.report(TOO_LARGE);
    return draft.finish("unknown");
  }
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const kind = kindOf(plain, name);
  if (!kind) {
    const known = "requirements (*.txt, *.in), pyproject.toml, uv.lock, poetry.lock, pdm.lock, Pipfile, Pipfile.lock and pylock.toml";
    draft.report("The file is not a manifest that midstream reads.", `The page reads ${known}. \`matrix check\` reads more kinds.`);
    return draft.finish("unknown");
  }
  if (kind.parse && kind.read) readParsed(plain, kind.parse, kind.read, draft);
  else readRequirements(plain, draft);
  return draft.finish(kind.id);
}

function kindOf(text: string, name: string): Kind | undefined {
  if (/^(setup|pixi|hatch|tox)\./i.test(name)) return undefined; // only the command reads them
  const named = KINDS.find((kind) => kind.name.test(name));
  const signed = (): Kind | undefined => KINDS.find((kind) => kind.signs.every((sign) => sign.test(text)));
  return named ?? signed() ?? (name ? undefined : KINDS.at(-1));
}

function readParsed(text: string, parse: NonNullable<Kind["parse"]>, reader: NonNullable<Kind["read"]>, draft: Draft): void {
  let parsed: Parsed;
  try {
    parsed = parseWithLines(text, parse, draft.target);
  } catch (error) {
    reportBroken(error, text, draft);
    return;
  }
  if (isTable(parsed.tree)) reader(parsed, draft);
  else draft.report(`The file must contain an object, but contains ${describe(parsed.tree)}.`, REGENERATE_JSON);
}

/** Report that a file can't be parsed. Unlike `matrix check`, the page reads no part of such a file. */
function reportBroken(error: unknown, text: string, draft: Draft): void {
  const isConflict = /^(?:<<<<<<< |=======$|>>>>>>> )/m.test(text);
  const conflict = isConflict ? "Resolve the merge conflict first." : "";
  if (error instanceof TomlError) {
    const [message = ""] = error.message.replace("Invalid TOML document: ", "").split("\n");
    const hint = conflict || "Correct it, or regenerate it with the tool that wrote it.";
    draft.report(`The file is not valid TOML: ${message}. The page read no part of it.`, hint, error.line);
  } else if (error instanceof SyntaxError) {
    const offset = Number(/position (\d+)/.exec(error.message)?.[1] ?? NaN);
    const line = Number.isNaN(offset) ? 0 : text.slice(0, offset).split("\n").length;
    draft.report("The file is not valid JSON. The page read no part of it.", conflict || REGENERATE_JSON, line);
  } else {
    draft.report("The file was skipped: it is nested too deeply.");
  }
}
