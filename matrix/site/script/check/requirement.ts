/** Parse PEP 508 requirements, and addresses and paths that stand in their place. */

import { markerOf } from "./markers.ts";
import { Unreadable, exactly, normalForm } from "./specifiers.ts";

/** The package whose requirements are looked for. */
export interface Target {
  readonly package: string;
  /** The folder that a clone of its repository makes; missing if the name is ambiguous. */
  readonly checkout?: string;
}

/** A requirement on any package. */
export interface ParsedRequirement {
  readonly name: string;
  readonly specifier: string;
  readonly marker: string;
  readonly extras: readonly string[];
  /** The address or path that it is installed from; empty for an index. */
  readonly direct: string;
}

/** Characters of a requirement without its hashes. */
export const LONGEST = 20_000;

const REQUIREMENT = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([\w.,\s-]*)\])?\s*(?:@\s*(\S+?)(?:\s+;(.*)|;?\s*)|([^;@]*)(?:;(.*))?)$/s;
const EGG = /[#&]egg=([A-Za-z0-9._-]+)(?:\[([^[\]]*)\])?/;

/** Normalise a name as PEP 503 does. */
export function normalised(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Whether a value is a name of the target's package; only a text is a name. */
export function isTarget(name: unknown, target: Target): name is string {
  return typeof name === "string" && normalised(name.trim()) === normalised(target.package);
}

/** Return a regular expression that matches every spelling of a package's name: `my-sdk` is also written `my_sdk` and `my.sdk`. */
export function spellings(name: string): string {
  return name.split(/[-_.]+/).map(escaped).join("[-_.]+");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|\/-]/g, "\\$&");
}

/** Return the names of extras, normalised, sorted and without duplicates; skip whatever is not a text. */
export function extrasOf(names: unknown): string[] {
  if (!Array.isArray(names)) return [];
  const texts = names.filter((name): name is string => typeof name === "string");
  return [...new Set(texts.map((name) => normalised(name.trim())).filter(Boolean))].sort();
}

/** Parse a requirement by name: `anthropic[bedrock]>=0.40,<1; python_version >= "3.9"`, `anthropic @ https://...`. */
export function requirement(text: string, target: Target): ParsedRequirement {
  const match = text.length > LONGEST ? null : REQUIREMENT.exec(text.trim());
  if (!match) throw new Unreadable();
  const [, name = "", extras = "", direct = "", markerOfDirect = "", versions = "", marker = markerOfDirect] = match;
  const specifier = direct
    ? isTarget(name, target) ? namedBy(direct, target).specifier : ""
    : normalForm(versions.trim().replace(/^\((.*)\)$/s, "$1"));
  return { name, specifier, marker: markerOf(marker), extras: extrasOf(extras.split(",")), direct };
}

/** Return what an address or a path names: by `#egg=`, by the name of a file, or by the target's checkout. */
export function namedBy(address: string, target: Target): ParsedRequirement {
  const path = unquoted(address.replace(/[#?].*$/s, ""));
  const last = path.replace(/(?<![/\\])[/\\]+$/, "").split(/[/\\]/).at(-1) ?? "";
  const file = new RegExp(`^${spellings(target.package)}-([^-]+?)(?:-[^/]*\\.whl|\\.tar\\.gz|\\.zip|\\.tar\\.bz2)$`, "i").exec(last);
  const specifier = file?.[1] ? ifVersion(file[1]) : "";
  const egg = EGG.exec(address);
  const repository = last.replace(/(?<=.)@.*$/s, "").replace(/(\.git)?(\[[^[\]]*\])?$/, "");
  const namesTarget = file !== null || isCheckout(repository, path, target.checkout);
  const name = egg?.[1] ?? (namesTarget ? target.package : "");
  return { name, specifier, marker: "", extras: extrasOf(egg?.[2]?.split(",")), direct: address };
}

/** Whether a repository is the target's, or a path is its checkout at a branch with a slash in its name. */
function isCheckout(repository: string, path: string, checkout = ""): boolean {
  if (!checkout) return false;
  return repository.toLowerCase() === checkout.toLowerCase() || new RegExp(`/${escaped(checkout)}(\\.git)?@`, "i").test(path);
}

function ifVersion(text: string): string {
  try {
    return exactly(text);
  } catch {
    return "";
  }
}

function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
