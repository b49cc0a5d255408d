/** Answer a question of the bar in one sentence, one mark, one fix and one pin. Pure. */

import { BADNESS } from "../badness.ts";
import { noRelease, releasesOf } from "../spelling.ts";
import { type Catching, judgeClauses, readCatching } from "./catching.ts";
import { type AskDocument, type AskHandler, caseOf, endOf, lettersOf } from "./document.ts";

/** The fields of the bar, as they stand in the address. */
export interface Question {
  readonly release: string;
  readonly catch: string;
  /** The id of a scenario; empty for the one that stands for all. */
  readonly fails: string;
}

/** A verdict to show: the class of its colour, its sign and its word. */
export interface Chip {
  readonly style: string;
  readonly sign: string;
  readonly word: string;
}

/** A release to pin. */
export interface Pin {
  readonly version: string;
  /** The requirement, and those that must stand next to it, one a line. */
  readonly text: string;
  readonly says: string;
}

/** An answer; code in its sentences stands between backquotes. */
export interface Answer {
  readonly chip: Chip;
  readonly says: string;
  /** What else the visitor should know, in sentences. */
  readonly more: readonly string[];
  /** The release that is meant, the newest of several. */
  readonly version: string;
  /** The release to compare it with: the second one of the question, or the one to pin; empty for none. */
  readonly other: string;
  readonly scenario: string;
  /** The id of the handler of the question; empty for none. */
  readonly handler: string;
  readonly pin?: Pin;
  /** What to write instead. */
  readonly fix?: AskHandler;
}

/** A question that can't be answered, and what to write instead. */
export interface Problem {
  readonly problem: string;
}

const BETWEEN = /\s*(?:→|->|\.\.+|\s(?:to|and|vs\.?)\s)\s*/i;
/** Outcome of a handler to what it does with a number of failures. */
const DOES: Readonly<Record<string, (count: number) => string>> = {
  right: (count) => `decides ${count} correctly`,
  missed: (count) => `does not retry ${count} that a retry could fix`,
  needless: (count) => `retries ${count} without need`,
  silent: (count) => `takes ${count} for success`,
  crashed: (count) => `crashes on ${count}`,
};

/** The exception arrives at code of which nobody knows what it does then: no verdict, so no colour of one. */
const REACHED: Chip = { style: "w-unknown", sign: "?", word: "caught, not judged" };
const NOT_JUDGED: Chip = { ...REACHED, word: "not judged" };

/** Answer a question about one release, about the newest of a range, or about two releases. */
export function answer(question: Question, facts: AskDocument): Answer | Problem {
  const newestFirst = [...facts.versions].reverse();
  const texts = question.release.trim() ? question.release.trim().split(BETWEEN) : ["latest"];
  const releases: number[] = [];
  for (const text of texts.slice(0, 2)) {
    const allowed = releasesOf(text, newestFirst, facts.package).map((version) => facts.versions.indexOf(version));
    if (!allowed.length) return { problem: noRelease(text, newestFirst) };
    if (texts.length === 1) return answerOne(question, facts, allowed);
    releases.push(newestOf(allowed, facts));
  }
  const [from = 0, to = 0] = releases;
  return compared(question, facts, from, to);
}

/** Return the number of the scenario of a question. */
function scenarioOf(question: Question, facts: AskDocument): number {
  return question.fails ? facts.scenarios.findIndex(({ id }) => id === question.fails) : facts.default;
}

/** Return the newest release that an installer takes, or else the best match. */
function newestOf(allowed: readonly number[], { skipped }: AskDocument): number {
  return allowed.find((release) => !skipped.includes(release)) ?? allowed[0] ?? 0;
}

function answerOne(question: Question, facts: AskDocument, allowed: readonly number[]): Answer | Problem {
  const release = newestOf(allowed, facts);
  const scenario = scenarioOf(question, facts);
  if (scenario < 0) return unknownFailure(question, facts);
  const catching = readCatching(question.catch, facts);
  const { chip, says, more } = sentence(facts, release, scenario, catching, question.catch);
  const handler = handlerOf(catching, facts);
  const pin = !handler && catching.kind !== "nothing" ? undefined : advise(facts, release, allowed, handler);
  const fix = betterHandler(facts, release, scenario, catching, chip);
  return {
    chip, says, version: versionOf(facts, release), scenario: facts.scenarios[scenario]?.id ?? "", handler: handler?.id ?? "",
    more: [...more, ...differing(facts, release, allowed, scenario, catching, question.release)],
    other: pin && pin.version !== facts.versions[release] ? pin.version : "",
    ...(pin ? { pin } : {}), ...(fix ? { fix } : {}),
  };
}

/** Return the handler that a visitor uses, or whose classes the visitor catches; undefined for none. */
function handlerOf(catching: Catching, { handlers }: AskDocument): AskHandler | undefined {
  return handlers[catching.kind === "handler" ? catching.handler : catching.kind === "clauses" ? catching.like : -1];
}

function unknownFailure({ fails }: Question, facts: AskDocument): Problem {
  const example = facts.scenarios[facts.default]?.id ?? "";
  return { problem: `“${fails}” is no failure that was played to this client. Choose one, such as ${example}.` };
}

interface Sentence {
  readonly chip: Chip;
  readonly says: string;
  readonly more: readonly string[];
}

/** Say what a release does in a scenario, and what the visitor's code does then. */
function sentence(facts: AskDocument, release: number, scenario: number, catching: Catching, text: string): Sentence {
  const version = versionOf(facts, release);
  const known = caseOf(facts, release);
  const on = clientIn(facts);
  if (!known) return { chip: markChip(facts, "unknown"), says: `${version} was not measured${on}, and its neighbours say nothing about it.`, more: [] };
  if (known.unusable) {
    const chip = markChip(facts, "unavailable");
    return { chip, says: `${version} can't be used${on}: ${known.unusable}.`, more: [] };
  }
  const more = ofTheirDay(facts, version);
  const end = endOf(facts, release, scenario);
  if (!end) return { chip: markChip(facts, "unknown"), says: `This failure was not played to ${version}${on}.`, more };
  const says = `${version}${on} ${end.says}`;
  const shown = markChip(facts, end.mark);
  switch (catching.kind) {
    case "nothing":
      return { chip: shown, says: `${says}.`, more };
    case "unjudged":
      return { chip: NOT_JUDGED, says: `${says}.`, more: [notJudged("Your code", facts), ...oneClause(facts), ...more] };
    case "handler": {
      const { chip, does } = decision(facts, release, scenario, catching.handler);
      const line = facts.handlers[catching.handler]?.line ?? "";
      return { chip, says: `${says}; your \`${line}\` ${does}.`, more: [...tally(facts, release, catching.handler), ...more] };
    }
    case "clauses": {
      const caught = judgeClauses(catching.clauses, facts, release, end);
      const yours = `your \`${shorten(text)}\``;
      const { like } = catching;
      const ifRetries = like < 0 ? [] : tally(facts, release, like, catching.retries ? "Of" : "If it retries all that it catches, of");
      switch (caught.kind) {
        case "caught": {
          if (catching.retries) {
            const { chip, does } = decision(facts, release, scenario, like);
            return { chip, says: `${says}; ${yours} ${does}.`, more: [...ifRetries, ...more] };
          }
          const what = catching.clauses.length === 1 ? "What it does then" : `What \`except ${listed(caught.by)}\` does then`;
          return { chip: REACHED, says: `${says}; it reaches ${yours}.`, more: [notJudged(what, facts), ...ifRetries, ...more] };
        }
        case "missed": {
          const chip = facts.scenarios[scenario]?.fatal ? { ...REACHED, word: "not caught" } : outcomeChip(facts, "missed", "not caught");
          const newest = newestCaught(facts, catching, scenario);
          return { chip, says: `${says}; ${yours} does not catch it.`, more: [...newest, ...ifRetries, ...more] };
        }
        case "silent":
          return { chip: shown, says: `${says}; ${yours} never runs.`, more };
        case "crashes": {
          const lacking = `${version} has no \`${caught.name}\`.`;
          return {
            chip: outcomeChip(facts, "crashed"), says: `${says}; ${yours} crashes with \`${caught.error}\`.`,
            more: [lacking, ...newestCaught(facts, catching, scenario), ...more],
          };
        }
        case "unknown":
          return { chip: NOT_JUDGED, says: `${says}.`, more: [notJudged(`\`${caught.name}\``, facts), ...more] };
      }
    }
  }
}

/** Say what a measured handler does, to follow its name. */
function decision(facts: AskDocument, release: number, scenario: number, handler: number): { chip: Chip; does: string } {
  const { id = "" } = facts.handlers[handler] ?? {};
  const [word, , meaning] = facts.outcomes[lettersOf(facts, release, handler)[scenario] ?? " "] ?? ["unknown", "?", ""];
  const crash = caseOf(facts, release)?.crashes?.[id];
  if (word === "unknown") return { chip: outcomeChip(facts, "unknown", "not run"), does: "was not run on it" };
  const does = word === "crashed" && crash ? `crashes with \`${crash.split(".").at(-1) ?? crash}\`` : meaning;
  return { chip: outcomeChip(facts, word), does };
}

/** Count the outcomes of a handler in all scenarios on a release. */
function tally(facts: AskDocument, release: number, handler: number, of = "Of"): string[] {
  const counts = countLetters(lettersOf(facts, release, handler), facts);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].map(([word, count]) => DOES[word]?.(count) ?? `is ${word} on ${count}`);
  return total ? [`${of} ${total} failures${of === "Of" ? "," : ""} it ${parts.join(", ")}.`] : [];
}

/** Count each outcome that is a decision, in the order of the outcomes. */
function countLetters(letters: string, facts: AskDocument): Map<string, number> {
  const all = Object.entries(facts.outcomes).filter(([, [word]]) => word !== "unknown");
  const counts = all.map(([letter, [word]]) => [word, letters.split(letter).length - 1] as const);
  return new Map(counts.filter(([, count]) => count));
}

/** Say how many of the other releases that a range allows answer otherwise. */
function differing(
  facts: AskDocument, release: number, allowed: readonly number[], scenario: number, catching: Catching, text: string,
): string[] {
  const measured = allowed.filter((each) => caseOf(facts, each));
  if (allowed.length < 2) return [];
  const resultOf = (each: number): string => {
    const end = endOf(facts, each, scenario);
    const letter = catching.kind === "handler" ? lettersOf(facts, each, catching.handler)[scenario] ?? "" : "";
    const caught = catching.kind === "clauses" && end ? judgeClauses(catching.clauses, facts, each, end).kind : "";
    return JSON.stringify([caseOf(facts, each)?.unusable ?? "", end ? `${end.mark} ${end.says}` : "", letter, caught]);
  };
  const others = measured.filter((each) => resultOf(each) !== resultOf(release)).length;
  const unmeasured = allowed.length - measured.length;
  const rest = unmeasured ? `, and ${unmeasured} ${unmeasured === 1 ? "is" : "are"} not measured` : "";
  const newest = versionOf(facts, release);
  return [`\`${shorten(text.trim() || "latest")}\` allows ${allowed.length} releases, ${newest} is the newest: ${others || "none"} of the others ${others === 1 ? "differs" : "differ"}${rest}.`];
}

/** Recommend the release that `matrix advise` recommends, among all releases or among those that a range allows. */
function advise(facts: AskDocument, release: number, allowed: readonly number[], handler: AskHandler | undefined): Pin | undefined {
  const ranks = facts.harm[facts.harms[handler?.id ?? ""] ?? -1];
  if (!ranks) return undefined;
  const all = facts.versions.map((_, each) => each);
  const best = bestOf(all, ranks);
  if (best === undefined) return undefined;
  const within = allowed.length > 1 ? bestOf(allowed, ranks) : undefined;
  const version = versionOf(facts, best);
  const of = handler ? "to this handler" : "to code that catches errors";
  const own = ranks[release] ?? -1;
  const says = best === release
    ? `No release does less harm ${of}.`
    : own === ranks[best] ? `It does as little harm ${of} as ${versionOf(facts, release)}, and is newer.` : `It does the least harm ${of}.`;
  const inside = within !== undefined && within !== best ? ` Of the releases that you allow, ${versionOf(facts, within)} does the least.` : "";
  const pins = [facts.pin.replace("VERSION", version), ...(facts.also_pin[version] ?? [])];
  return { version, text: pins.join("\n"), says: `${says}${inside}` };
}

/** Return the release that does the least harm, and of equals the newest; undefined if none can be pinned. */
export function bestOf(releases: readonly number[], ranks: readonly number[]): number | undefined {
  const pinnable = releases.filter((release) => (ranks[release] ?? -1) >= 0);
  const least = Math.min(...pinnable.map((release) => ranks[release] ?? Infinity));
  return pinnable.filter((release) => ranks[release] === least).sort((a, b) => b - a)[0];
}

/** Find the handler to write instead: right in this scenario, and of those right most often on this release. */
function betterHandler(facts: AskDocument, release: number, scenario: number, catching: Catching, chip: Chip): AskHandler | undefined {
  const own = catching.kind === "handler" ? catching.handler : -1;
  if (!endOf(facts, release, scenario) || (catching.kind === "handler" && chip.style === "w-right")) return undefined;
  const rights = facts.handlers.map(({ catches_all }, handler) => {
    const letters = lettersOf(facts, release, handler);
    return letters[scenario] === "r" && handler !== own && !catches_all ? letters.split("r").length - 1 : 0;
  });
  const most = Math.max(...rights);
  return most ? facts.handlers[rights.indexOf(most)] : undefined;
}

/** Name the newest release on which clauses catch what a scenario raises. */
function newestCaught(facts: AskDocument, catching: Catching, scenario: number): string[] {
  if (catching.kind !== "clauses") return [];
  const release = facts.versions.findLastIndex((_, each) => {
    const end = endOf(facts, each, scenario);
    return end && judgeClauses(catching.clauses, facts, each, end).kind === "caught";
  });
  return [release < 0 ? "On no measured release does it catch this failure." : `The newest release on which it catches this failure is ${versionOf(facts, release)}.`];
}

/** Say what changes from one release to another: in the chosen scenario, and how many verdicts. */
function compared(question: Question, facts: AskDocument, from: number, to: number): Answer | Problem {
  const scenario = scenarioOf(question, facts);
  if (scenario < 0) return unknownFailure(question, facts);
  const catching = readCatching(question.catch, facts);
  const [before, after] = [from, to].map((release) => sentence(facts, release, scenario, catching, question.catch));
  if (!before || !after) return { problem: "Name two releases." };
  const handler = catching.kind === "handler" ? facts.handlers[catching.handler] : undefined;
  return {
    chip: after.chip, says: before.says === after.says ? before.says : `${before.says} ${after.says}`,
    more: [...changes(facts, from, to, catching), ...(handler ? [] : after.more)],
    version: versionOf(facts, from), other: versionOf(facts, to),
    scenario: facts.scenarios[scenario]?.id ?? "", handler: handler?.id ?? "",
  };
}

/** Count the verdicts that get better and worse: those on a handler if there is one, else those on the releases. */
function changes(facts: AskDocument, from: number, to: number, catching: Catching): string[] {
  const steps = facts.scenarios.map((_, scenario) => {
    if (catching.kind === "handler") {
      const harms = [from, to].map((release) => {
        const [word = "unknown"] = facts.outcomes[lettersOf(facts, release, catching.handler)[scenario] ?? " "] ?? [];
        return word === "unknown" ? NaN : Number(word !== "right");
      });
      return (harms[1] ?? NaN) - (harms[0] ?? NaN);
    }
    const [before, after] = [from, to].map((release) => BADNESS[endOf(facts, release, scenario)?.mark ?? ""] ?? NaN);
    return (after ?? NaN) - (before ?? NaN);
  });
  const both = steps.filter((step) => !Number.isNaN(step));
  if (!both.length) return [];
  const better = both.filter((step) => step < 0).length;
  const worse = both.filter((step) => step > 0).length;
  const what = catching.kind === "handler" ? "this handler becomes right" : "the verdict gets better";
  const bad = catching.kind === "handler" ? "wrong" : "worse";
  const [first, last] = [versionOf(facts, from), versionOf(facts, to)];
  return [`From ${first} to ${last}, ${what} in ${better || "none"} of ${both.length} failures, and ${bad} in ${worse || "none"}.`];
}

function versionOf(facts: AskDocument, release: number): string {
  return facts.versions[release] ?? "";
}

/** Name the client, unless it is the first-party one. */
function clientIn(facts: AskDocument): string {
  const [first, ...others] = facts.clients;
  const own = others.find(({ name }) => name === facts.client);
  return own && first ? ` with ${own.class_name}` : "";
}

/** Say that a release is shown with the dependencies of its day, and which must be pinned. */
function ofTheirDay(facts: AskDocument, version: string): string[] {
  const reason = facts.reasons[version];
  if (reason === undefined) return [];
  const pins = (facts.also_pin[version] ?? []).map((pin) => `\`${pin}\``).join(", ");
  return [`That is with the dependencies of its day${pins ? ` (pin ${pins})` : ""}: with today’s, it can't be used (${reason}).`];
}

function notJudged(what: string, { command }: AskDocument): string {
  return `${what} is not judged here: run \`${command} scan\`.`;
}

/** Say which part of a program gets an answer. */
function oneClause({ catch: word }: AskDocument): string[] {
  return word === "except" ? ["The single `except` line gets an answer."] : [];
}

/** Write classes as a clause does. */
function listed(classes: readonly string[]): string {
  return classes.length === 1 ? classes.join() : `(${classes.join(", ")})`;
}

function markChip(facts: AskDocument, mark: string): Chip {
  const [sign, word] = facts.marks[mark] ?? ["?", mark];
  return { style: `m-${mark}`, sign, word };
}

function outcomeChip(facts: AskDocument, outcome: string, word = outcome): Chip {
  const sign = Object.values(facts.outcomes).find(([each]) => each === outcome)?.[1] ?? "?";
  return { style: `w-${outcome}`, sign, word };
}

/** Shorten a text that the visitor wrote to one line. */
function shorten(text: string): string {
  const line = text.replaceAll("`", "'").trim().split(/\s+/).join(" ").replace(/:$/, "");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
