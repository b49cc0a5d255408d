/** Find the releases that a text means, in any of the ways in which people write a release or a range of releases. */

import { type Pins } from "./check/lanes.ts";
import { allows, clauses } from "./check/specifiers.ts";

/** A version, or the beginning of one, and not `0.45.x`. */
const PLAIN = /^v?(\d(?!.*\.[x*]$)[\w.+-]*)$/;
const NEWEST = new Set(["latest", "newest"]);
/** A command that installs packages, up to their names. */
const INSTALL = /^(?:\S+\s+)+?(?:install|add|i)\s+/;
/** A package and its version, which stand next to a requirement. */
const PINNED = /([a-z][\w.-]*)\s*(?:==\s*|\s)v?(\d[\w.!+]*)/gi;
/** A requirement on any package: its name, and what only a requirement has behind it. */
const REQUIREMENT = /^(@?[a-z][\w./-]*?)\s*(?:\[[^\]]*\])?\s*(?:[<>=~!^@(]=?|:)\s*[\^~<>=]*v?\d/i;
/** An entry in quotes, with what may follow it in a list. */
const QUOTED = /^(["'])(.*)\1,?(?:\s*#.*)?$/s;
/** A package with a table of TOML. */
const TABLE = /^([^={]+?)\s*=\s*\{(.*)\}.*$/s;
/** A requirement as pip takes it: an operator of PEP 440, and no line that goes on. */
const OF_PIP = /^[^=(:]*(?:[<>=!~]=|[<>])[^\\]*$/;
/** Characters of a text that a message repeats. */
const LONGEST_SHOWN = 60;

/**
 * Return the releases that a text means, newest first; empty if it means none of them.
 *
 * @param text A version such as `0.45.2`, `v2.12` or `==0.40`; a range such as `~=0.40`, `>=0.40,<1` or `^1.2`; `latest`;
 *   each of them with or without the name of the package and its extras; a line of a file that names them, such as
 *   `anthropic = "^0.45"`, `"anthropic": "^0.45",` or `- anthropic=0.45.2`; or a line of a list of what is installed.
 * @param releases All releases, newest first.
 * @param name The name of the package.
 */
export function releasesOf(text: string, releases: readonly string[], name: string): readonly string[] {
  const { isNamed, rest } = withoutName(divided(text, name).own, name);
  if (!rest) return isNamed ? releasesOf("*", releases, name) : [];
  if (NEWEST.has(rest)) return releases.filter((version) => permits("", version)).slice(0, 1);
  const prefix = PLAIN.exec(rest)?.[1];
  if (prefix === undefined) return releases.filter((version) => permits(rest, version));
  const exact = releases.filter((version) => version === prefix || permits(`==${prefix}`, version));
  return exact.length ? exact : releases.filter((version) => version.startsWith(`${prefix}.`));
}

/**
 * Divide a text into the requirement on the package, and the versions of other packages that stand next to it.
 *
 * `anthropic==0.39.0 with httpx==0.28.1` is what the bar makes of a lock, and `pip install anthropic httpx==0.28.1` a
 * command that people paste.
 */
export function divided(text: string, name: string): { own: string; others: Pins } {
  const line = entryOf(text);
  const [before = "", after = ""] = line.split(/\s+with\s+/i);
  const words = INSTALL.test(line) ? line.replace(INSTALL, "").replace(/["']/g, "").split(/\s+/).filter((word) => !word.startsWith("-")) : [];
  const own = words.find((word) => withoutName(word, name).isNamed);
  const others = own === undefined ? after : words.filter((word) => word !== own).join(" ");
  const pins = [...others.matchAll(PINNED)].map(([, other = "", version = ""]) => [other.toLowerCase(), version] as const);
  return { own: own ?? before, others: new Map(pins) };
}

/** Return an entry of a list or of a table without what stands around it; write a table's extras behind the name. */
function entryOf(text: string): string {
  return text.trim().replace(/^\S*[-─]\s+/, "").replace(QUOTED, "$2").replace(TABLE, (all, name: string, table: string) => {
    const [extras = "", version] = [/extras\s*=\s*\[([^\]]*)/, /version\s*=\s*["']([^"']*)/].map((part) => part.exec(table)?.[1]);
    return version ? `${name}[${extras}]=${version}` : all;
  });
}

/** Return the version that a text names, or the beginning of one; empty if it is a range, or a word. */
export function writtenVersion(text: string, name: string): string {
  const { rest } = withoutName(divided(text, name).own, name);
  return PLAIN.exec(rest.replace(/^={1,3}\s*(?!.*,)/, ""))?.[1] ?? "";
}

/** Say that a text names no release, and how to name one. */
export function noRelease(text: string, releases: readonly string[], name = ""): string {
  const [newest = "1.2.0"] = releases;
  const { own } = divided(text, name);
  const other = REQUIREMENT.exec(own.replace(/["']/g, ""))?.[1] ?? "";
  const { isNamed, rest } = withoutName(own, name);
  if (name && other && !isNamed) return `This site is about ${name}, and “${shownOf(text)}” is a requirement on ${other}.`;
  if (/^[<>=!~^]/.test(rest) && isRange(rest)) return `No release that this site knows satisfies “${shownOf(text)}”; the newest is ${newest}.`;
  return `This site has no release “${shownOf(text)}”. Write a version such as ${newest}, a range such as <${newest}, or latest.`;
}

function shownOf(text: string): string {
  return text.trim().length > LONGEST_SHOWN ? `${text.trim().slice(0, LONGEST_SHOWN)}…` : text.trim();
}

/** Return the extras that a requirement names, in lower case. */
export function extrasIn(text: string, name: string): string[] {
  const plain = divided(text, name).own.replace(/["']/g, "").trim().toLowerCase();
  const extras = plain.startsWith(name.toLowerCase()) ? /^\s*\[([^\]]*)\]/.exec(plain.slice(name.length))?.[1] : undefined;
  return (extras ?? "").split(",").map((extra) => extra.trim().replace(/[-_.]+/g, "-")).filter(Boolean);
}

/**
 * Return a requirement of PEP 508 on the same releases: complete a version, a range or a word that stands alone.
 *
 * A whole requirement, a file, and a text that names no releases stay as they are. Versions that stand next to it get lines of their own.
 */
export function requirementOf(text: string, releases: readonly string[], name: string): string {
  const { own, others } = divided(text, name);
  const isFile = /[\r\n]/.test(text.trim());
  if (others.size && !isFile) return [requirementOf(own, releases, name), ...[...others].map((pin) => pin.join("=="))].join("\n");
  const { isNamed, rest } = withoutName(own, name);
  if (!rest || isFile || (isNamed && OF_PIP.test(own))) return isFile ? text : own;
  const extras = extrasIn(own, name);
  const subject = extras.length ? `${name}[${extras.join()}]` : name;
  if (NEWEST.has(rest) || rest === "*") return subject;
  const marker = /;.*$/s.exec(own)?.[0] ?? "";
  const version = PLAIN.exec(rest)?.[1];
  if (version === undefined) return isRange(rest) ? `${subject}${specifierOf(rest)}${marker}` : text;
  return `${subject}==${version}${releases.some((each) => permits(`==${version}`, each)) ? "" : ".*"}${marker}`;
}

/** Remove what people write around a version or a range: quotes, the name of the package, extras, a marker. */
function withoutName(text: string, name: string): { isNamed: boolean; rest: string } {
  const plain = text.replace(/["']/g, "").replace(/(?:;|\s#|\s--|\\).*$/s, "").replace(/,\s*$/, "").trim().toLowerCase();
  const isNamed = plain.startsWith(name.toLowerCase()) && !/^[\w-]/.test(plain.slice(name.length));
  if (!isNamed) return { isNamed, rest: plain };
  const rest = plain.slice(name.length).replace(/^\s*(?:\[[^\]]*\]\s*)?(?:[@:]|=(?!=))?\s*/, "");
  // Behind a version, conda names a build and a channel, and `pip list` a newer version.
  return { isNamed, rest: rest.replace(/^\((.*)\)$/, "$1").replace(/^(v?\d[\w.]*)(?:=|\s+\w).*/, "$1") };
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

/** Whether a text is a range that one specifier expresses. */
function isRange(text: string): boolean {
  try {
    return /^[<>=!~^v\d]/.test(text) && !text.includes("||") && clauses(specifierOf(text)).length > 0;
  } catch {
    return false;
  }
}

/** Write a range of npm as a specifier of PEP 440; leave a specifier as it is. */
function specifierOf(range: string): string {
  const parts = range.replace(/([<>=~^!]) +/g, "$1").split(/[\s,]+/).filter((clause) => clause && clause !== "*");
  return parts.flatMap(clauseOf).join(",");
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

/** Say that a package has no client of a name, and for which one the page answers. */
export function noClient(name: string, answered: string): string {
  return `There is no client “${name}”. The answer is for another one: ${answered}.`;
}
