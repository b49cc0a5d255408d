/** Requirements as PEP 508 writes them, and addresses that stand in their place. */

import { markerOf } from "./markers.ts";
import { Unreadable, exactly, normalForm } from "./specifiers.ts";

/** The package whose requirements are read. */
export interface Target {
  readonly package: string;
  /** The folder that a clone of its repository makes; missing if that names nothing. */
  readonly checkout?: string;
}

export interface Wanted {
  readonly name: string;
  readonly specifier: string;
  readonly marker: string;
  readonly extras: readonly string[];
  /** The address or path that it is taken from; empty for an index. */
  readonly direct: string;
}

/** Characters of a requirement without its hashes. */
const LONGEST = 20_000;

const REQUIREMENT = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([\w.,\s-]*)\])?\s*(?:@\s*(\S+?)(?:\s+;(.*)|;?\s*)|([^;@]*)(?:;(.*))?)$/s;
const EGG = /[#&]egg=([A-Za-z0-9._-]+)(?:\[([^[\]]*)\])?/;

/** A name as PEP 503 writes it. */
export function normalised(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Whether a value names the target; only a text does. */
export function isTarget(name: unknown, target: Target): name is string {
  return typeof name === "string" && normalised(name.trim()) === normalised(target.package);
}

/** The regular expression of every spelling of a package's name: `my-sdk` is also written `my_sdk` and `my.sdk`. */
export function spellings(name: string): string {
  return name.split(/[-_.]+/).map(escaped).join("[-_.]+");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|\/-]/g, "\\$&");
}

/** Extras, normalised and sorted, each once; of what is no list of texts, the texts that are in it. */
export function extrasOf(names: unknown): string[] {
  if (!Array.isArray(names)) return [];
  const texts = names.filter((name): name is string => typeof name === "string");
  return [...new Set(texts.map((name) => normalised(name.trim())).filter(Boolean))].sort();
}

/** A requirement by name: `anthropic[bedrock]>=0.40,<1; python_version >= "3.9"`, `anthropic @ https://...`. */
export function requirement(text: string, target: Target): Wanted {
  const found = text.length > LONGEST ? null : REQUIREMENT.exec(text.trim());
  if (!found) throw new Unreadable();
  const [, name = "", extras = "", direct = "", late = "", versions = "", marker = late] = found;
  const specifier = direct
    ? isTarget(name, target) ? namedBy(direct, target).specifier : ""
    : normalForm(versions.trim().replace(/^\((.*)\)$/s, "$1"));
  return { name, specifier, marker: markerOf(marker), extras: extrasOf(extras.split(",")), direct };
}

/** What an address or a path names: by `#egg=`, by the name of a file, or by the checkout; maybe nothing known. */
export function namedBy(address: string, target: Target): Wanted {
  const path = unquoted(address.replace(/[#?].*$/s, ""));
  const last = path.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1) ?? "";
  const file = new RegExp(`^${spellings(target.package)}-([^-]+?)(?:-[^/]*\\.whl|\\.tar\\.gz|\\.zip|\\.tar\\.bz2)$`, "i").exec(last);
  const specifier = file?.[1] ? ifVersion(file[1]) : "";
  const egg = EGG.exec(address);
  const repository = last.replace(/(?<=.)@.*$/s, "").replace(/(\.git)?(\[[^[\]]*\])?$/, "");
  const isTheirs = file !== null || isCheckout(repository, path, target.checkout);
  const name = egg?.[1] ?? (isTheirs ? target.package : "");
  return { name, specifier, marker: "", extras: extrasOf(egg?.[2]?.split(",")), direct: address };
}

/** Whether a repository is the target's, or a path names a tag or branch of it, whose name may have slashes. */
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
