/**
 * The content of a manifest, whatever kind of file it is: its requirements on the target, and what could not be read.
 *
 * Messages are those of `matrix check`; `tests/browser/test_check.py` compares them.
 */

import { markerOf, anyOf } from "./markers.ts";
import { type Target, extrasOf, isTarget, normalised } from "./requirement.ts";
import { Unreadable, exactly } from "./specifiers.ts";

/** One requirement on the target. */
export interface Entry {
  /** The number of its line, from 1; 0 if it is not known. */
  readonly line: number;
  /** The releases that it allows, in normal form; empty for any release. */
  readonly specifier: string;
  /** The marker under which it applies; empty if it always applies. */
  readonly marker: string;
  readonly extras: readonly string[];
  /** The address or path that it is installed from; empty for an index. */
  readonly direct: string;
  /** The part of a pyproject.toml that has it. */
  readonly origin?: string | undefined;
  /** The versions of the other packages that the same text locks, by normalised name. */
  readonly locked: ReadonlyMap<string, string>;
}

/** A part of a text that could not be read. */
export interface Problem {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

/** The content of one text. */
export interface Manifest {
  readonly kind: string;
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
  /** The Pythons that it supports, as `requires-python` writes them; empty if it does not say. */
  readonly python: string;
}

export const NO_LOCK: ReadonlyMap<string, string> = new Map();

/** The hint for a lock that is not valid. */
export const REGENERATE = "Regenerate the lock file with the tool that wrote it.";

/** Problems listed for one manifest. Prose that is read as requirements has one on every line. */
const MOST_PROBLEMS = 50;
/** Characters of a user's text in a message. */
const LONGEST_TEXT = 80;

/** A manifest while it is read; one broken entry does not lose the others. */
export class Draft {
  readonly entries: Entry[] = [];
  readonly #problems: Problem[] = [];
  #unlisted = 0;
  python = "";

  constructor(readonly target: Target) {}

  /** Add a problem; beyond `MOST_PROBLEMS` only count it. */
  report(message: string, hint = "", line = 0): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ line, message, hint });
    else this.#unlisted++;
  }

  /** Return the manifest that was read. */
  finish(kind: string): Manifest {
    const problems = [...this.#problems];
    if (this.#unlisted) {
      const message = `${this.#unlisted} more problems are not listed.`;
      problems.push({ line: 0, message, hint: "Check that the file is of the kind that its name says." });
    }
    return { kind, entries: this.entries, problems, python: this.python };
  }
}

/** A release in a lock, as the lock writes it. A value of a wrong type is reported when the release is added. */
export interface LockedPackage {
  readonly version: unknown;
  readonly line: number;
  /** The markers under which it is installed: one of them must apply. */
  readonly markers: readonly unknown[];
  readonly extras: readonly string[];
  readonly direct: string;
}

/** Add an entry for a release in a lock, and a problem for each part of it that can't be read. */
export function addPackage(release: LockedPackage, draft: Draft, locked: ReadonlyMap<string, string>): void {
  let specifier = "";
  try {
    if (typeof release.version === "string") specifier = exactly(release.version);
    else if (release.version !== undefined || !release.direct) throw new Unreadable();
  } catch {
    const message = `The version of ${draft.target.package} is not valid: ${describe(release.version)}.`;
    draft.report(message, REGENERATE, release.line);
    return;
  }
  const { line, direct } = release;
  draft.entries.push({ line, specifier, marker: markerFrom(release, draft), extras: extrasOf(release.extras), direct, locked });
}

/** Leave out a marker that can't be read: the entry then always applies, which is more than the lock says. */
function markerFrom(release: LockedPackage, draft: Draft): string {
  const markers: string[] = [];
  for (const marker of release.markers) {
    try {
      markers.push(markerOf(asText(marker)));
    } catch {
      const message = `The marker of ${draft.target.package} is not valid: ${describe(marker)}.`;
      draft.report(message, REGENERATE, release.line);
      return "";
    }
  }
  return anyOf(markers);
}

/** Map each package but the target to its version; leave out a package that is locked to several versions. */
export function lockedVersions(pairs: Iterable<readonly [unknown, unknown]>, target: Target): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const [name, version] of pairs) {
    if (typeof name !== "string" || typeof version !== "string" || isTarget(name, target)) continue;
    const key = normalised(name);
    if (versions.has(key) && versions.get(key) !== version) ambiguous.add(key);
    versions.set(key, version);
  }
  for (const name of ambiguous) versions.delete(name);
  return versions;
}

/** Describe a user's value for a message: quote and shorten a text, and name the type of anything else. */
export function describe(value: unknown): string {
  if (typeof value === "string") return quoted(value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT)}...`);
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a datetime";
  if (typeof value === "number") return Math.abs(value) < 1e12 ? `the number ${value}` : "a number";
  return typeof value === "object" ? "a table" : String(value);
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** Quote a text as Python's `repr` does. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escape);
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const [sign, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return ESCAPES[character] ?? `\\${sign}${code.toString(16).padStart(digits, "0")}`;
}

// Fields of a parsed file, in which any value may stand.

export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Return the table at a path of keys; empty if there is none. */
export function table(parent: unknown, ...keys: readonly string[]): Table {
  let value = parent;
  for (const key of keys) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isTable(value) ? value : {};
}

/** Return a value that must be a text; empty if the field is absent. Throws `Unreadable` for any other value. */
export function asText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw new Unreadable();
  return value;
}

/** Return the first of some fields that is a text and not empty; empty if none is. */
export function firstText(parent: unknown, ...keys: readonly string[]): string {
  for (const key of keys) {
    const value = isTable(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (typeof value === "string" && value) return value;
  }
  return "";
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** Join an address with a tag, branch or commit, as pip writes it. */
export function at(address: string, reference: string): string {
  return address && reference ? `${address}@${reference}` : address;
}
