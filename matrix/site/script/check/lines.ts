/**
 * Find the lines on which TOML or JSON mentions the target: their parsers report no lines.
 *
 * Before a text is parsed, each mention of the target gets the number of its line: `anthropic>=0.40` on line 7 becomes
 * `anthropic<7>>=0.40`, so to speak. The parser carries the number along with the mention. A number is written with
 * letters and digits only, which are allowed wherever the name is: in a string, in a bare key, in a comment. The text
 * is also parsed without numbers, for the values.
 */

import { type Target, spellings } from "./requirement.ts";

/** Starts a number. A text that contains this gets no line numbers. */
const SIGN = "midstreamline";

type Key = string | number;

/** A parsed text. */
export interface Parsed {
  readonly tree: unknown;
  /** Return the line of the key, or of the text, that mentions the target at a path; 0 if it is not known. */
  line(...path: readonly Key[]): number;
}

/** Parse a text, and find the lines of its mentions of the target. */
export function parseWithLines(text: string, parse: (text: string) => unknown, target: Target): Parsed {
  const lineOf = new Map<string, number>();
  const line = (...path: readonly Key[]): number => lineOf.get(JSON.stringify(path)) ?? 0;
  // The text without numbers comes first, so that the position in an error is that of the file.
  const tree = parse(text);
  const name = spellings(target.package);
  const mention = new RegExp(name, "gi");
  if (text.search(mention) >= 0 && !text.includes(SIGN)) {
    const lines = text.split("\n").map((text, index) => text.replace(mention, `$&${SIGN}${index + 1}x`));
    record(parse(lines.join("\n")), [], lineOf, new RegExp(`(?<=${name})${SIGN}(\\d+)x`, "gi"));
  }
  return { tree, line };
}

/** Record the line of each numbered key and text below a branch. */
function record(branch: unknown, path: readonly Key[], lineOf: Map<string, number>, numbered: RegExp): void {
  if (typeof branch !== "object" || branch === null) return;
  for (const [key, value] of Object.entries(branch)) {
    const here = [...path, Array.isArray(branch) ? Number(key) : key.replace(numbered, "")];
    const line = numberIn(key, numbered) || (typeof value === "string" ? numberIn(value, numbered) : 0);
    if (line) lineOf.set(JSON.stringify(here), line);
    record(value, here, lineOf, numbered);
  }
}

function numberIn(text: string, numbered: RegExp): number {
  return Number([...text.matchAll(numbered)][0]?.[1] ?? 0);
}
