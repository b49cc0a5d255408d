/** Which versions a specifier of PEP 440 allows, and its one normal form; what a version is, a library knows. */

import { explain, satisfies, validRange } from "@renovatebot/pep440";

/** What a text should have been and is not; whoever reads a file says so with a line. */
export class Unreadable extends Error {}

export interface Clause {
  readonly operator: string;
  readonly version: string;
}

/** In the order in which clauses stand: a lower bound before an upper one. */
const OPERATORS = ["===", "==", "~=", ">", ">=", "<", "<=", "!="];
const CLAUSE = /^(===|==|~=|>=|<=|!=|>|<)\s*(.*)$/;
/** Characters; the longest that are known exclude some dozen releases. */
const LONGEST = 2_000;

/** The clauses of a specifier, as they are written. */
export function clauses(specifier: string): Clause[] {
  if (specifier.length > LONGEST) throw new Unreadable();
  const parts = specifier.split(",").map((part) => part.trim());
  return parts.filter(Boolean).map((part) => {
    const [, operator, version] = CLAUSE.exec(part) ?? [];
    if (!operator || !version || !validRange(part)) throw new Unreadable();
    return { operator, version: version.trim() };
  });
}

/** A specifier in normal form; empty for any release. */
export function normalForm(specifier: string): string {
  return specifier.trim() === "*" ? "" : together([specifier]);
}

/** What all of them allow; an exact release that all others allow stands alone, so that a pin is a pin. */
export function together(specifiers: readonly string[]): string {
  const all = specifiers.flatMap(clauses);
  const texts = [...new Set(all.map(written))];
  const pin = all.find(
    (one) => one.operator === "==" && isRelease(one) && allows(texts.join(","), one.version, true),
  );
  return pin ? written(pin) : texts.sort(byRank).join(",");
}

/** Whether a specifier allows a version; pre-releases only if it names one, or where they are wanted. */
export function allows(specifier: string, version: string, prereleases = namesPrerelease(specifier)): boolean {
  return satisfies(version, specifier, { prereleases });
}

export function namesPrerelease(specifier: string): boolean {
  return clauses(specifier).some((one) => one.operator !== "!=" && explain(one.version)?.is_prerelease);
}

/** The only version that a specifier allows; empty if it allows others. */
export function exactVersion(specifier: string): string {
  return clauses(specifier).find((one) => one.operator === "===" || (one.operator === "==" && isRelease(one)))?.version ?? "";
}

/** The specifier that allows one release. */
export function exactly(version: string): string {
  const known = explain(version.trim());
  if (!known) throw new Unreadable();
  return `==${known.public}${known.local ? `+${known.local}` : ""}`;
}

/** A specifier as it stands if it is one, and nothing otherwise: what a file says of Pythons is no reason to stop. */
export function ifSpecifier(text: unknown): string {
  if (typeof text !== "string") return "";
  try {
    clauses(text);
  } catch {
    return "";
  }
  return text.trim();
}

/** Whether it names a release, and not all that begin so. */
function isRelease(clause: Clause): boolean {
  return !clause.version.endsWith(".*");
}

function written(clause: Clause): string {
  return clause.operator + clause.version;
}

function byRank(one: string, other: string): number {
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

function rank(clause: string): number {
  return OPERATORS.indexOf(CLAUSE.exec(clause)?.[1] ?? "");
}
