/** Evaluate PEP 440 specifiers, and write them in one normal form. */

import { explain, satisfies, validRange } from "@renovatebot/pep440";

/** A text that is not valid where it stands; the reader of the file reports it with its line. */
export class Unreadable extends Error {}

export interface Clause {
  readonly operator: string;
  readonly version: string;
}

/** Operators in the order of their clauses: a lower bound stands before an upper bound. */
const OPERATORS = ["===", "==", "~=", ">", ">=", "<", "<=", "!="];
const CLAUSE = /^(===|==|~=|>=|<=|!=|>|<)\s*(.*)$/;
/** Characters of a specifier. The longest known ones exclude a few dozen releases. */
const LONGEST = 2_000;

/** Pins that are compared with all other clauses. Two pins allow nothing together, except `==1.0` and `==1.0+local`. */
const MOST_PINS = 4;

/** Parse the clauses of a specifier, as they are written. */
export function clauses(specifier: string): Clause[] {
  if (specifier.length > LONGEST) throw new Unreadable();
  const parts = specifier.split(",").map((part) => part.trim());
  return parts.filter(Boolean).map((part) => {
    const [, operator, version] = CLAUSE.exec(part) ?? [];
    if (!operator || !version || !validRange(part)) throw new Unreadable();
    return { operator, version: version.trim() };
  });
}

/** Return the normal form of a specifier; empty for any release. */
export function normalForm(specifier: string): string {
  return specifier.trim() === "*" ? "" : together([specifier]);
}

/** Combine specifiers to one that allows what all of them allow; a pin that all others allow stands alone. */
export function together(specifiers: readonly string[]): string {
  const byText = new Map(specifiers.flatMap(clauses).map((clause) => [written(clause), clause]));
  const pins = [...byText.values()].filter((clause) => clause.operator === "==" && isRelease(clause)).slice(0, MOST_PINS);
  const pin = pins.find(({ version }) => [...byText.keys()].every((clause) => allows(clause, version, true)));
  return pin ? written(pin) : [...byText.keys()].sort(byRank).join(",");
}

/** Whether a specifier allows a version; it allows pre-releases only if it names one, or if the caller asks for them. */
export function allows(specifier: string, version: string, prereleases = namesPrerelease(specifier)): boolean {
  return satisfies(version, specifier, { prereleases });
}

export function namesPrerelease(specifier: string): boolean {
  return clauses(specifier).some(({ operator, version }) => operator !== "!=" && explain(version)?.is_prerelease);
}

/** Return the only version that a specifier allows; empty if it allows several. */
export function exactVersion(specifier: string): string {
  return clauses(specifier).find((clause) => clause.operator === "===" || (clause.operator === "==" && isRelease(clause)))?.version ?? "";
}

/** Return the specifier that allows exactly one version. */
export function exactly(version: string): string {
  const parsed = version.length > LONGEST ? null : explain(version.trim());
  if (!parsed) throw new Unreadable();
  return `==${parsed.public}${parsed.local ? `+${parsed.local}` : ""}`;
}

/** Return a specifier of Pythons as it is written; empty if it is not a specifier. */
export function ifSpecifier(text: unknown): string {
  if (typeof text !== "string") return "";
  try {
    clauses(text);
  } catch {
    return "";
  }
  return text.trim();
}

/** Whether a clause names a release, and not a prefix. */
function isRelease(clause: Clause): boolean {
  return !clause.version.endsWith(".*");
}

function written(clause: Clause): string {
  return clause.operator + clause.version;
}

function byRank(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function rank(clause: string): number {
  return OPERATORS.indexOf(CLAUSE.exec(clause)?.[1] ?? "");
}
