/** Find the releases that a text means, in any of the ways in which people write a release or a range of releases. */

import { allows } from "./check/specifiers.ts";

/** A version, or the beginning of one. */
const PLAIN = /^v?(\d[\w.+-]*)$/;

/**
 * Return the releases that a text means, the best match first; empty if it means none of them.
 *
 * @param text A version such as `0.45.2`, `v2.12` or `==0.40`; a range such as `~=0.40`, `>=0.40,<1` or `^1.2`; `latest`;
 *   each of them with or without the name of the package and its extras.
 * @param releases All releases, newest first.
 * @param name The name of the package.
 */
export function releasesOf(text: string, releases: readonly string[], name: string): readonly string[] {
  const { isNamed, rest } = withoutName(text, name);
  if (!rest) return isNamed ? releasesOf("*", releases, name) : [];
  if (rest === "latest" || rest === "newest") return releases.filter((version) => permits("", version)).slice(0, 1);
  const prefix = PLAIN.exec(rest)?.[1];
  if (prefix === undefined) return releases.filter((version) => permits(rest, version));
  const exact = releases.filter((version) => version === prefix || permits(`==${prefix}`, version));
  return [...exact, ...releases.filter((version) => version.startsWith(`${prefix}.`) && !exact.includes(version))];
}

/** Return the beginning of a version that a text may be; empty if it is a range or a word. */
export function prefixOf(text: string, name: string): string {
  return PLAIN.exec(withoutName(text, name).rest)?.[1] ?? "";
}

/** Remove what people write around a version or a range: quotes, the name of the package, extras, a marker. */
function withoutName(text: string, name: string): { isNamed: boolean; rest: string } {
  const plain = text.replace(/["']/g, "").replace(/;.*$/, "").trim().toLowerCase();
  const isNamed = plain.startsWith(name.toLowerCase()) && !/^[\w-]/.test(plain.slice(name.length));
  const rest = isNamed ? plain.slice(name.length).replace(/^\s*\[[^\]]*\]/, "").replace(/^\s*@/, "") : plain;
  return { isNamed, rest: rest.trim() };
}

/** Whether a range of either registry permits a version; it permits no pre-release that it does not name. */
function permits(range: string, version: string): boolean {
  return range.split("||").some((part) => {
    try {
      return allows(specifierOf(part.trim()), version);
    } catch {
      return false; // not a range, or not a version by PEP 440
    }
  });
}

/** Write a range of npm as a specifier of PEP 440; leave a specifier as it is. */
function specifierOf(range: string): string {
  const clauses = range.replace(/([<>=~^!]) +/g, "$1").split(/[\s,]+/).filter((clause) => clause && clause !== "*");
  return clauses.flatMap(clauseOf).join(",");
}

function clauseOf(clause: string): string[] {
  const [, operator = "", version = ""] = /^([\^~]|===?|~=|=)?v?(\d[\w.+-]*?)(?:\.[x*])*$/.exec(clause) ?? [];
  if (!version) return [clause];
  const [major = "0", minor, patch] = version.split(/[-+]/)[0]!.split(".");
  const next = (part: string | undefined): number => Number(part) + 1;
  const isPartial = /\.[x*]$/.test(clause);
  if (operator === "^") {
    const limit = major !== "0" || !minor ? `${next(major)}` : minor !== "0" || !patch ? `0.${next(minor)}` : `0.0.${next(patch)}`;
    return [`>=${version}`, `<${limit}`];
  }
  if (operator === "~") return [`>=${version}`, minor ? `<${major}.${next(minor)}` : `<${next(major)}`];
  if (operator === "~=" || operator === "===") return [clause];
  return [`==${version}${isPartial ? ".*" : ""}`];
}
