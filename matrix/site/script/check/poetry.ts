/** `[tool.poetry]` of a pyproject.toml, and constraints as Poetry writes them: `^0.39`, `~0.28.1`, `0.4.*`. */

import { type Parsed } from "./lines.ts";
import { type Draft, type Entry, type Table, NO_LOCK, asText, at, describe, firstText, isTable, table } from "./manifest.ts";
import { allOf, anyOf, markerOf } from "./markers.ts";
import { type Target, extrasOf, isTarget, namedBy } from "./requirement.ts";
import { Unreadable, clauses, ifSpecifier, normalForm } from "./specifiers.ts";

const SOURCES = ["git", "url", "path", "file"];
/** Characters of a constraint. */
const LONGEST = 500;

/** Add every requirement on the target in `[tool.poetry]`, and the Pythons if nothing else declares them. */
export function readPoetry({ tree, line }: Parsed, draft: Draft): void {
  const poetry = table(tree, "tool", "poetry");
  draft.python ||= pythonOf(firstText(table(poetry, "dependencies"), "python"));
  const groups = Object.keys(table(poetry, "group")).map((name) => ["group", name, "dependencies"]);
  for (const parent of [["dependencies"], ["dev-dependencies"], ...groups]) {
    for (const [name, dependency] of Object.entries(table(poetry, ...parent))) {
      // If `project.dependencies` exists, this table only says where packages are installed from.
      const hasNoVersions = parent[0] === "dependencies" && "dependencies" in table(tree, "project");
      if (!isTarget(name, draft.target) || (hasNoVersions && !directOf(dependency))) continue;
      const path = ["tool", "poetry", ...parent, name];
      for (const [index, item] of (Array.isArray(dependency) ? dependency : [dependency]).entries()) {
        const where = line(...path, index) || line(...path);
        try {
          const added = entries(isTable(item) ? item : { version: asText(item) }, where, draft.target);
          draft.entries.push(...added.map((entry) => ({ ...entry, origin: parent[0] })));
        } catch {
          const invalid = isTable(item) && typeof item["version"] === "string" ? item["version"] : item;
          const hint = "Write a constraint or a table: `^0.39`, `{ version = '^0.39', extras = ['bedrock'] }`.";
          draft.report(`The dependency on ${draft.target.package} is not valid: ${describe(invalid)}.`, hint, where);
        }
      }
    }
  }
}

/** Convert a constraint on Python to a `requires-python` specifier; empty if it has alternatives or is not valid. */
export function pythonOf(constraint: string): string {
  if (!/[\^~|*]/.test(constraint)) return ifSpecifier(constraint);
  try {
    const alternatives = specifiers(constraint);
    return alternatives.length === 1 ? (alternatives[0] ?? "") : "";
  } catch {
    return "";
  }
}

/** Convert a constraint to specifiers, each of which it allows. */
export function specifiers(constraint: string): string[] {
  if (constraint.length > LONGEST) throw new Unreadable();
  return constraint.split(/\|\|?/).map((alternative) => {
    const parts = alternative.trim().replace(/([\^~=<>!])\s+/g, "$1").split(/[\s,]+/).filter(Boolean);
    return normalForm(parts.map(translated).filter(Boolean).join(","));
  });
}

/** Translate one part of a constraint to PEP 440; empty for any release. */
function translated(part: string): string {
  const [, operator = "", text = ""] = /^(\^|~=?|[=<>!]*)v?(.*)$/s.exec(part) ?? [];
  if (/^[*x]$/i.test(text)) return "";
  if (operator === "^") return between(text, caretIndex(text));
  if (operator.startsWith("~")) return between(text, tildeIndex(text, operator));
  return `${operator.length < 2 && !/[<>]/.test(operator) ? "==" : operator}${text}`;
}

/** Return the range from a version up to the next version in which the number at an index is higher. */
function between(text: string, index: number): string {
  const next = numbers(text).map((number, place) => (place < index ? number : place === index ? number + 1 : 0));
  // Poetry writes the upper bound with as many numbers as the constraint has.
  return `>=${text},<${next.join(".")}`;
}

/** `^` keeps the first number that is not zero, or else the last. */
function caretIndex(text: string): number {
  const release = numbers(text).slice(0, 3);
  const first = release.findIndex((number) => number > 0);
  return first < 0 ? release.length - 1 : first;
}

/** `~` keeps the first two numbers, or the first if that is all; `~=` all but the last. */
function tildeIndex(text: string, operator: string): number {
  const length = numbers(text).length;
  return operator === "~=" ? Math.max(Math.min(length - 2, 1), 0) : Math.min(length - 1, 1);
}

function numbers(text: string): number[] {
  const release = /^\d+(?:\.\d+)*/.exec(text)?.[0];
  if (!release) throw new Unreadable();
  return release.split(".").map(Number);
}

/** Return an entry for each alternative of a dependency; alternatives for a Python are one marker instead. */
function entries(dependency: Table, line: number, target: Target): Entry[] {
  const direct = directOf(dependency);
  const allowed = direct ? [namedBy(direct, target).specifier] : specifiers(asText(dependency["version"]) || "*");
  const [marker, extras] = [markerFrom(dependency), extrasOf(dependency["extras"])];
  return allowed.map((specifier) => ({ line, specifier, marker, extras, direct, locked: NO_LOCK }));
}

/** Return the marker under which a dependency applies: its `markers`, `python` and `platform` together. */
function markerFrom(dependency: Table): string {
  const [python, platform] = [asText(dependency["python"]), asText(dependency["platform"])];
  const alternatives = python ? specifiers(python) : [];
  return markerOf(
    allOf([
      markerOf(asText(dependency["markers"])),
      anyOf(alternatives.map((specifier) => allOf(clauses(specifier).map(pythonMarker)))),
      platform && markerOf(`sys_platform == "${platform}"`),
    ]),
  );
}

function pythonMarker({ operator, version }: { operator: string; version: string }): string {
  return `python_full_version ${operator} "${version}"`;
}

/** Return where a dependency is installed from, with the tag, branch or commit that it names. */
function directOf(dependency: unknown): string {
  return at(firstText(dependency, ...SOURCES), firstText(dependency, "tag", "rev", "branch"));
}
