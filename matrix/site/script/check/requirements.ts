/** Requirements files and `pip freeze`, line by line as pip reads them; what they include is not followed. */

import { type Draft, type Entry, others, shown } from "./manifest.ts";
import { markerOf } from "./markers.ts";
import { type Target, type Wanted, isTarget, namedBy, requirement } from "./requirement.ts";
import { together } from "./specifiers.ts";

interface Line {
  readonly number: number;
  readonly text: string;
}

/** Each is held against all others. */
const MOST_WANTED = 50;
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const INCLUDE = /^(?:-r|-c|--requirement|--constraint)(?:\s*=?\s*)(\S.*)$/;
const EDITABLE = /^(?:-e|--editable)(?:\s*=?\s*)(\S+)/;
/** What nearly all lines of a lock are. */
const PIN = /^([A-Za-z0-9][\w.-]*)(?:\[[\w,. -]*\])? ?== ?([0-9][\w.+!]*)$/;
/** What no name begins with: an address, a path, a variable, an archive. */
const DIRECT = /^(?:[a-z][a-z0-9+.-]*:|[.~/\\]|\$\{|[^@;]*[/\\]|\S+\.(whl|zip|tar\.(gz|bz2|xz|Z)|tgz|tar|tbz)\b)/i;
const NAMED = /^[\w.-]+\s*(?:\[[^\]]*\]\s*)?@/;

export function readRequirements(text: string, draft: Draft): void {
  const found: { wanted: Wanted; line: number }[] = [];
  const pins: [string, string][] = [];
  for (const { number, text: line } of logicalLines(text)) {
    const pin = PIN.exec(line.replace(/ --.*$/s, "").trimEnd());
    if (pin?.[1] && pin[2]) {
      pins.push([pin[1], pin[2]]);
      if (!isTarget(pin[1], draft.target)) continue;
    }
    const [asked, options] = split(line);
    const included = INCLUDE.exec(options)?.[1];
    const editable = EDITABLE.exec(options)?.[1];
    if (!asked && included) {
      const message = `${shown(included.trim())} is not followed: a page opens no other file.`;
      draft.say(message, "Paste or drop that file as well, or let `matrix check` read both.", number);
    } else if (asked || editable) {
      try {
        const wanted = asked ? wantedBy(asked, draft.target) : namedBy(editable ?? "", draft.target);
        if (isTarget(wanted.name, draft.target)) found.push({ wanted, line: number });
        else if (/^==[^,*]+$/.test(wanted.specifier)) pins.push([wanted.name, wanted.specifier.slice(2)]);
      } catch {
        draft.say(`This is no requirement: ${shown(line)}.`, hint(line, draft.target), number);
      }
    }
  }
  for (const { line } of found.splice(MOST_WANTED)) {
    draft.say(`There are more than ${MOST_WANTED} requirements on ${draft.target.package}; this one is not read.`, "", line);
  }
  const locked = others(pins, draft.target);
  draft.entries.push(...found.map((one) => entry(one.wanted, one.line, found.map((other) => other.wanted), locked)));
}

/** Lines joined by a backslash, without comments. */
function logicalLines(text: string): Line[] {
  const lines: Line[] = [];
  let parts: string[] = [];
  let first = 0;
  const end = (): void => {
    const joined = parts.join("").replace(/(^|\s)#.*$/, "").trim();
    if (joined) lines.push({ number: first, text: joined });
    parts = [];
  };
  for (const [index, line] of text.split(LINE_END).entries()) {
    // Such a line ends what is joined; a comment behind a requirement doesn't, and takes the next line along.
    const isComment = /^\s*#/.test(line);
    if (!parts.length) first = index + 1;
    if (line.endsWith("\\") && !isComment) {
      parts.push(line.replace(/^\\+|\\+$/g, ""));
    } else {
      parts.push(isComment ? ` ${line}` : line);
      end();
    }
  }
  end();
  return lines;
}

/** What is asked for, and the options of a line: they begin at the first word that starts with a hyphen. */
function split(line: string): [string, string] {
  const words = line.split(" ");
  const start = words.findIndex((word) => word.startsWith("-"));
  const end = start < 0 ? words.length : start;
  return [words.slice(0, end).join(" ").trim(), words.slice(end).join(" ").replace(/["']/g, "").trim()];
}

function wantedBy(text: string, target: Target): Wanted {
  if (!DIRECT.test(text) || NAMED.test(text)) return requirement(text, target);
  const [, address = "", marker = ""] = /^(.*?)(?:; (.*))?$/s.exec(text) ?? [];
  const wanted = namedBy(address.trim(), target);
  return { ...wanted, marker: isTarget(wanted.name, target) ? markerOf(marker) : "" };
}

/** What it allows together with all that hold whenever it does: those without a marker, and those with the same. */
function entry(wanted: Wanted, line: number, all: readonly Wanted[], locked: ReadonlyMap<string, string>): Entry {
  const allies = all.filter((other) => other.marker === "" || other.marker === wanted.marker);
  const { marker, extras, direct } = wanted;
  const specifier = together([wanted.specifier, ...allies.map((other) => other.specifier)]);
  return { line, specifier, marker, extras, direct, locked };
}

function hint(text: string, target: Target): string {
  if (/^(?:<<<<<<<|=======|>>>>>>>)/.test(text)) return "This is a merge conflict: resolve it first.";
  if (/\$[{(]/.test(text)) return "Variables of the environment are left as they are: write what they hold.";
  if (/^[\w.-]+(\[[^\]]*\])?\s*=[^=]/.test(text)) return "A version is asked for with two equals signs: `==`.";
  return `A requirement is written as PEP 508 has it: \`${target.package}>=0.40,<1\`.`;
}
