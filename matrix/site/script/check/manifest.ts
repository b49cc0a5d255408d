/** What a text says of the target, whatever kind of file it is; and what could not be read of it. */

import { markerOf, anyOf } from "./markers.ts";
import { type Target, extrasOf, isTarget, normalised } from "./requirement.ts";
import { Unreadable, exactly } from "./specifiers.ts";

/** One requirement on the target. */
export interface Entry {
  /** From 1; 0 if that is not known. */
  readonly line: number;
  /** In normal form; empty for any release. */
  readonly specifier: string;
  readonly marker: string;
  readonly extras: readonly string[];
  /** The address or path that it is taken from, if that is no index. */
  readonly direct: string;
  /** The other packages that the same text locks, to their versions. */
  readonly locked: ReadonlyMap<string, string>;
}

export interface Problem {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

export interface Manifest {
  readonly kind: string;
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
  /** The Pythons that it is for, as `requires-python` writes it; empty if it does not say. */
  readonly python: string;
}

export const NO_LOCK: ReadonlyMap<string, string> = new Map();

/** A text of another kind that is taken for requirements has a problem on every line. */
const MOST_PROBLEMS = 50;
const LONGEST_SHOWN = 80;

/** A manifest while it is read: one broken entry costs no more than itself. */
export class Draft {
  readonly entries: Entry[] = [];
  readonly #problems: Problem[] = [];
  #unsaid = 0;
  python = "";

  constructor(readonly target: Target) {}

  say(message: string, hint = "", line = 0): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ line, message, hint });
    else this.#unsaid++;
  }

  done(kind: string): Manifest {
    const problems = [...this.#problems];
    if (this.#unsaid) {
      const message = `${this.#unsaid} more problems like these.`;
      problems.push({ line: 0, message, hint: "Is this a file of another kind?" });
    }
    return { kind, entries: this.entries, problems, python: this.python };
  }
}

/** What a lock says of one release; whatever has another type than it should have is noted when it is entered. */
export interface Package {
  readonly version: unknown;
  readonly line: number;
  /** It is the one that is installed when one of them holds. */
  readonly markers: readonly unknown[];
  readonly extras: readonly string[];
  readonly direct: string;
}

/** Note an entry for a release that is locked. */
export function enter(one: Package, draft: Draft, locked: ReadonlyMap<string, string>): void {
  let specifier = "";
  try {
    if (typeof one.version === "string") specifier = exactly(one.version);
    else if (one.version !== undefined || !one.direct) throw new Unreadable();
  } catch {
    const message = `The version of ${draft.target.package} is ${shown(one.version)}, and that is no version.`;
    draft.say(message, "Whatever wrote the lock can write it again.", one.line);
    return;
  }
  const { line, direct } = one;
  draft.entries.push({ line, specifier, marker: markerFrom(one, draft), extras: extrasOf(one.extras), direct, locked });
}

/** A marker that can't be read is left out: then the entry holds always, which is more than the lock says. */
function markerFrom(one: Package, draft: Draft): string {
  try {
    return anyOf(one.markers.map((marker) => markerOf(asText(marker))));
  } catch {
    draft.say(`The marker of ${draft.target.package} can't be read.`, "", one.line);
    return "";
  }
}

/** Each package but the target to its version; one that is locked to several, for several platforms, is left out. */
export function others(pairs: Iterable<readonly [unknown, unknown]>, target: Target): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const several = new Set<string>();
  for (const [name, version] of pairs) {
    if (typeof name !== "string" || typeof version !== "string" || isTarget(name, target)) continue;
    const known = normalised(name);
    if (found.get(known) !== undefined && found.get(known) !== version) several.add(known);
    found.set(known, version);
  }
  for (const name of several) found.delete(name);
  return found;
}

/** A user's value in a message: a text quoted and cut, anything else by its type. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    return `'${value.length <= LONGEST_SHOWN ? value : `${value.slice(0, LONGEST_SHOWN)}...`}'`;
  }
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "a table" : `${typeof value === "number" ? "the number " : ""}${String(value)}`;
}

// Fields of a parsed file, in which anything may stand.

export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The table at a path of keys; empty where there is none, or where something else is. */
export function table(parent: unknown, ...keys: readonly string[]): Table {
  let found = parent;
  for (const key of keys) found = isTable(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return isTable(found) ? found : {};
}

/** A text; empty if there is none, and refused if something else is there. */
export function asText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw new Unreadable();
  return value;
}

/** The first of some fields that is a text with something in it. */
export function firstText(parent: unknown, ...keys: readonly string[]): string {
  for (const key of keys) {
    const value = isTable(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (typeof value === "string" && value) return value;
  }
  return "";
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** An address with the tag, branch or commit that is taken from it, as pip writes it. */
export function at(address: string, reference: string): string {
  return address && reference ? `${address}@${reference}` : address;
}
