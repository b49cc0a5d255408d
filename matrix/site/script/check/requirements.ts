/** Requirements files and `pip freeze`, in the lines that pip reads; a page can't follow includes. */

import { type Draft, type Entry, describe, lockedVersions } from "./manifest.ts";
import { markerOf } from "./markers.ts";
import { LONGEST as LONGEST_REQUIREMENT, type ParsedRequirement, type Target, isTarget, namedBy, requirement } from "./requirement.ts";
import { together } from "./specifiers.ts";

/** Joined lines without comments. */
interface LogicalLine {
  /** The number of the first line, from 1. */
  readonly number: number;
  readonly text: string;
}

interface TargetRequirement {
  readonly parsed: ParsedRequirement;
  readonly line: number;
}

/** Lines of one text. A lock of 1,000 packages with 100 hashes each has 100,000. */
const MOST_LINES = 300_000;
/** Lines of one text that need a parser. Plain lines for other packages do not. */
const MOST_PARSED = 10_000;
/** Requirements on the target in one text. Each is compared with all others. */
const MOST_REQUIREMENTS = 50;
/** Characters of a line with the lines that it is joined to. */
const LONGEST = 1_000_000;
/** Characters of a line that begins with an option. */
const LONGEST_OPTIONS = 20_000;
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const INCLUDE = /^(?:-r|-c|--requirement|--constraint)(?:\s*=?\s*)(\S.*)$/;
const EDITABLE = /^(?:-e|--editable)(?:\s*=?\s*)(\S+)/;
/** The form of nearly all lines of a lock. */
const PIN = /^([A-Za-z0-9][\w.-]*)(?:\[[\w,. -]*\])? ?== ?([0-9][\w.+!]*)$/;
/** A requirement with plain versions and without a marker. For another package it says nothing, so it is not parsed. */
const PLAIN = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9]+(?:, ?[A-Za-z0-9]+)*\])? ?(?:(?:[<>=!]=|[<>]) ?[0-9]+(?:\.[0-9]+)*(?:, ?(?:[<>=!]=|[<>]) ?[0-9]+(?:\.[0-9]+)*)*)?$/;
/** The beginning of a line that has no name: an address, a path, a variable, an archive. */
const DIRECT = /^(?:[a-z][a-z0-9+.-]*:|[.~/\\]|\$\{|[^@;]*[/\\]|\S+\.(whl|zip|tar\.(gz|bz2|xz|Z)|tgz|tar|tbz)\b)/i;
const NAMED = /^[\w.-]+\s*(?:\[[^\]]*\]\s*)?@/;

/** Add every requirement on the target in a text. */
export function readRequirements(text: string, draft: Draft): void {
  const requirements: TargetRequirement[] = [];
  const pins: [string, string][] = [];
  const lines = text.split(LINE_END);
  if (!lines.at(-1)) lines.pop();
  const wrongKind = "Check that the file is of the kind that its name says.";
  if (lines.length > MOST_LINES) {
    const limit = `more than ${MOST_LINES.toLocaleString("en")} lines`;
    draft.report(`The file was skipped: the manifest and its includes have ${limit}.`, wrongKind);
    return;
  }
  let count = 0;
  for (const line of logicalLines(lines)) {
    if (!needsParser(line, pins, draft)) continue;
    if (++count > MOST_PARSED) {
      const limit = `more than ${MOST_PARSED.toLocaleString("en")} need a parser`;
      draft.report(`The requirements from here were skipped: ${limit}.`, wrongKind, line.number);
      break;
    }
    readLine(line, requirements, pins, draft);
  }
  const locked = lockedVersions(pins, draft.target);
  const all = requirements.map(({ parsed }) => parsed);
  draft.entries.push(...requirements.map(({ parsed, line }) => entryOf(parsed, line, all, locked)));
}

/** Note the pin of a line; return whether the line may require the target, or may not be valid. */
function needsParser({ number, text }: LogicalLine, pins: [string, string][], draft: Draft): boolean {
  const limit = text.startsWith("-") ? LONGEST_OPTIONS : LONGEST;
  if (text.length > limit) {
    draft.report(`The line was skipped: it has more than ${limit.toLocaleString("en")} characters.`, "", number);
    return false;
  }
  const options = text.indexOf(" --");
  const line = (options < 0 ? text : text.slice(0, options)).trimEnd();
  const pin = PIN.exec(line);
  if (pin?.[1] && pin[2]) pins.push([pin[1], pin[2]]);
  const plain = pin ?? (line.length <= LONGEST_REQUIREMENT && !DIRECT.test(line) ? PLAIN.exec(line) : null);
  return !plain || isTarget(plain[1], draft.target);
}

function readLine({ number, text }: LogicalLine, requirements: TargetRequirement[], pins: [string, string][], draft: Draft): void {
  const [required, option] = split(text);
  const include = INCLUDE.exec(option)?.[1];
  const editable = EDITABLE.exec(option)?.[1];
  if (!required && include) {
    const message = `The include ${describe(include.trim())} was skipped: a page can't open other files.`;
    draft.report(message, "Paste or drop that file too, or run `matrix check`, which reads both.", number);
  } else if (required || editable) {
    try {
      const parsed = required ? parse(required, draft.target) : namedBy(editable ?? "", draft.target);
      if (isTarget(parsed.name, draft.target)) addRequirement({ parsed, line: number }, requirements, draft);
      else if (/^==[^,*]+$/.test(parsed.specifier)) pins.push([parsed.name, parsed.specifier.slice(2)]);
    } catch {
      const variable = /\$\{([A-Z0-9_]+)\}/.exec(text)?.[1];
      const message = variable ? `${describe(text)} can't be read, because it depends on the environment variable ${variable}`
        : `The line is not a requirement: ${describe(text)}`;
      const other = "Write the version, or measure your own environment: `matrix probe --python PATH`.";
      draft.report(`${message}.`, variable ? other : hint(text, draft.target), number);
    }
  }
}

function addRequirement(item: TargetRequirement, requirements: TargetRequirement[], draft: Draft): void {
  if (requirements.length < MOST_REQUIREMENTS) {
    requirements.push(item);
    return;
  }
  const limit = `more than ${MOST_REQUIREMENTS} requirements on ${draft.target.package}`;
  draft.report(`The line was skipped: there are ${limit}.`, "", item.line);
}

/** Yield the lines that are not empty, joined and without comments. */
function* logicalLines(lines: readonly string[]): Generator<LogicalLine> {
  let parts: string[] = [];
  let first = 0;
  for (const [index, line] of lines.entries()) {
    // A line of only a comment ends the joined lines; a comment behind a requirement takes the next line with it.
    const isComment = /^\s*#/.test(line);
    if (!parts.length) first = index + 1;
    if (line.endsWith("\\") && !isComment) {
      parts.push(line.replace(/^\\+/, "").replace(/(?<!\\)\\+$/, ""));
    } else {
      parts.push(isComment ? ` ${line}` : line);
      yield* joined(first, parts);
      parts = [];
    }
  }
  yield* joined(first, parts);
}

function* joined(number: number, parts: readonly string[]): Generator<LogicalLine> {
  const text = parts.join("").replace(/(^|\s)#.*$/, "").trim();
  if (text) yield { number, text };
}

/** Split a line into its requirement and its options, which begin at the first word that starts with a hyphen. */
function split(line: string): [string, string] {
  const start = line.startsWith("-") ? 0 : line.indexOf(" -");
  if (start < 0) return [line.trim(), ""];
  return [line.slice(0, start).trim(), line.slice(start).replace(/["']/g, "").trim()];
}

/** Parse a requirement; its name is empty for an address or a path that names no known package. */
function parse(text: string, target: Target): ParsedRequirement {
  if (!DIRECT.test(text) || NAMED.test(text)) return requirement(text, target);
  const [, address = "", marker = ""] = /^(.*?)(?:; (.*))?$/s.exec(text) ?? [];
  const parsed = namedBy(address.trim(), target);
  return { ...parsed, marker: isTarget(parsed.name, target) ? markerOf(marker) : "" };
}

/** Return an entry that allows what a requirement allows together with all that apply whenever it does. */
function entryOf(parsed: ParsedRequirement, line: number, all: readonly ParsedRequirement[], locked: ReadonlyMap<string, string>): Entry {
  const allies = all.filter((other) => other.marker === "" || other.marker === parsed.marker);
  const { marker, extras, direct } = parsed;
  const specifier = together([parsed.specifier, ...allies.map((other) => other.specifier)]);
  return { line, specifier, marker, extras, direct, locked };
}

function hint(text: string, target: Target): string {
  if (/^(?:<<<<<<<|=======|>>>>>>>)/.test(text)) return "Resolve the merge conflict first.";
  if (/^[\w.-]+(\[[^\]]*\])?\s*=[^=]/.test(text)) return "Pin a version with two equals signs: `==`.";
  return `Write a PEP 508 requirement such as \`${target.package}>=0.40,<1\`.`;
}
