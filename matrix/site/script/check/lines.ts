/**
 * Lines of the target's name in TOML and JSON, whose parsers give none.
 *
 * Before a text is parsed, each mention of the target in it gets the number of its line: `anthropic>=0.40` on line 7
 * becomes `anthropic<7>>=0.40`, so to speak. The parser carries the number to wherever the mention ends up. A number is
 * letters and digits only, which are right wherever the name itself is: in a string, in a bare key, in a comment. Then
 * the numbers are taken out again.
 */

import { type Target, spellings } from "./requirement.ts";

/** No text has that in it; one that does has no lines. */
const SIGN = "midstreamline";

type Key = string | number;

export interface Parsed {
  readonly tree: unknown;
  /** The line of the key, or of the text, that mentions the target at a path; 0 if that is not known. */
  line(...path: readonly Key[]): number;
}

export function parseWithLines(text: string, parse: (text: string) => unknown, target: Target): Parsed {
  const found = new Map<string, number>();
  const line = (...path: readonly Key[]): number => found.get(JSON.stringify(path)) ?? 0;
  // As it stands first, so that what is said of an error is true of it; a key that has a number is another key.
  const tree = parse(text);
  const name = spellings(target.package);
  const mention = new RegExp(name, "gi");
  if (text.search(mention) >= 0 && !text.includes(SIGN)) {
    const lines = text.split("\n").map((one, index) => one.replace(mention, `$&${SIGN}${index + 1}x`));
    note(parse(lines.join("\n")), [], found, new RegExp(`(?<=${name})${SIGN}(\\d+)x`, "gi"));
  }
  return { tree, line };
}

function note(branch: unknown, path: readonly Key[], found: Map<string, number>, numbered: RegExp): void {
  if (typeof branch !== "object" || branch === null) return;
  for (const [key, value] of Object.entries(branch)) {
    const here = [...path, Array.isArray(branch) ? Number(key) : key.replace(numbered, "")];
    const line = numberIn(key, numbered) || (typeof value === "string" ? numberIn(value, numbered) : 0);
    if (line) found.set(JSON.stringify(here), line);
    note(value, here, found, numbered);
  }
}

function numberIn(text: string, numbered: RegExp): number {
  return Number([...text.matchAll(numbered)][0]?.[1] ?? 0);
}
