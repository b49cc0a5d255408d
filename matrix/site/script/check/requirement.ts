/** Requirements as PEP 508 writes them, and addresses that stand in their place. */

import { markerOf } from "./markers.ts";
import { Unreadable, exactly, normalForm } from "./specifiers.ts";

export interface Wanted {
  readonly name: string;
  readonly specifier: string;
  readonly marker: string;
  readonly extras: readonly string[];
  /** The address or path that it is taken from; empty for an index. */
  readonly direct: string;
}

const SDK = "anthropic";
/** The folder in which a checkout of the SDK is, unless somebody renamed it. */
const REPOSITORY = /^anthropic-sdk-python$/i;
const TAGGED = /\/anthropic-sdk-python(\.git)?@/i;
/** Characters of a requirement without its hashes. */
const LONGEST = 20_000;

const REQUIREMENT = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([\w.,\s-]*)\])?\s*(?:@\s*(\S+?)(?:\s+;(.*)|;?\s*)|([^;@]*)(?:;(.*))?)$/s;
const FILE = /^anthropic-([^-]+?)(?:-[^/]*\.whl|\.tar\.gz|\.zip|\.tar\.bz2)$/i;
const EGG = /[#&]egg=([A-Za-z0-9._-]+)(?:\[([^[\]]*)\])?/;

/** A name as PEP 503 writes it. */
export function normalised(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

export function isSdk(name: unknown): boolean {
  return typeof name === "string" && normalised(name.trim()) === SDK;
}

/** Extras, normalised and sorted, each once; of what is no list of texts, the texts that are in it. */
export function extrasOf(names: unknown): string[] {
  if (!Array.isArray(names)) return [];
  const texts = names.filter((name): name is string => typeof name === "string");
  return [...new Set(texts.map((name) => normalised(name.trim())).filter(Boolean))].sort();
}

/** A requirement by name: `anthropic[bedrock]>=0.40,<1; python_version >= "3.9"`, `anthropic @ https://...`. */
export function requirement(text: string): Wanted {
  const found = text.length > LONGEST ? null : REQUIREMENT.exec(text.trim());
  if (!found) throw new Unreadable();
  const [, name = "", extras = "", direct = "", late = "", versions = "", marker = late] = found;
  const specifier = direct
    ? isSdk(name) ? namedBy(direct).specifier : ""
    : normalForm(versions.trim().replace(/^\((.*)\)$/s, "$1"));
  return { name, specifier, marker: markerOf(marker), extras: extrasOf(extras.split(",")), direct };
}

/** What an address or a path names: by `#egg=`, by the name of a file, or by the repository; maybe nothing known. */
export function namedBy(address: string): Wanted {
  const path = unquoted(address.replace(/[#?].*$/s, ""));
  const last = path.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1) ?? "";
  const file = FILE.exec(last);
  const specifier = file?.[1] ? ifVersion(file[1]) : "";
  const egg = EGG.exec(address);
  const repository = last.replace(/(?<=.)@.*$/s, "").replace(/(\.git)?(\[[^[\]]*\])?$/, "");
  const isOurs = file !== null || REPOSITORY.test(repository) || TAGGED.test(path);
  const name = egg?.[1] ?? (isOurs ? SDK : "");
  return { name, specifier, marker: "", extras: extrasOf(egg?.[2]?.split(",")), direct: address };
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
