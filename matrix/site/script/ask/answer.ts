/** Answer a question of the bar in one sentence, one mark, one fix and one pin. Pure. */

import { divided, noRelease, releasesOf, writtenVersion } from "../spelling.ts";
import { type Catching, judgeClauses, readCatching, readClauses } from "./catching.ts";
import { type AskDocument, type AskHandler, type Place, caseOf, endOf, lettersOf, today, versionOf } from "./document.ts";
import { type Pin, advise } from "./pins.ts";
import { type Asked, type Chip, failureIn, isCaught, judge, shorten } from "./sentences.ts";

/** The fields of the bar, as they stand in the address. */
export interface Question {
  readonly release: string;
  readonly catch: string;
  /** The id of a scenario; empty for the one that stands for all. */
  readonly fails: string;
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

/** Answer a question about one release, about the newest of a range, or about two releases. */
export function answer(question: Question, facts: AskDocument): Answer | Problem {
  const newestFirst = [...facts.versions].reverse();
  const texts = question.release.trim() ? question.release.trim().split(BETWEEN) : ["latest"];
  const releases: number[] = [];
  for (const text of texts.slice(0, 2)) {
    const allowed = releasesOf(text, newestFirst, facts.package).map((version) => facts.versions.indexOf(version));
    if (!allowed.length) return { problem: noRelease(text, newestFirst, facts.package) };
    if (texts.length === 1) return answerOne(question, facts, allowed);
    releases.push(newestOf(allowed, facts));
  }
  const [from = 0, to = 0] = releases;
  return compared(question, facts, from, to);
}

/** Understand what is asked; undefined if the failure is unknown. */
function asked({ fails, catch: text }: Question, facts: AskDocument): Asked | undefined {
  const catching = readCatching(text, facts);
  const scenario = fails ? facts.scenarios.findIndex(({ id }) => id === fails) : fittingFailure(facts, catching);
  return scenario < 0 ? undefined : { scenario, catching, text };
}

/** Return the failure that stands for all, or the first headline that clauses can catch if they can't catch that one. */
function fittingFailure(facts: AskDocument, catching: Catching): number {
  const line = handlerOf(catching, facts)?.line ?? "";
  const clauses = catching.kind === "clauses" ? catching.clauses : facts.catch === "except" ? readClauses(line) : undefined;
  const fits = (scenario: number): boolean => [scenario, plainError(facts, scenario)].some((each) =>
    facts.versions.some((_, release) => isCaught(facts, today(release), clauses ?? [], each)));
  if (!clauses || fits(facts.default)) return facts.default;
  return facts.headlines.find(fits) ?? facts.default;
}

/** Return the same error as a plain HTTP response, whose class releases name by its status; -1 for none. */
function plainError({ scenarios }: AskDocument, scenario: number): number {
  const id = scenarios[scenario]?.id.replace(/^(?:mid|first)-/, "http-");
  return scenarios.findIndex((each) => each.id === id);
}

/** Return the newest release that an installer takes, or else the best match. */
function newestOf(allowed: readonly number[], { skipped }: AskDocument): number {
  return allowed.find((release) => !skipped.includes(release)) ?? allowed[0] ?? 0;
}

function answerOne(question: Question, facts: AskDocument, allowed: readonly number[]): Answer | Problem {
  const release = newestOf(allowed, facts);
  const what = asked(question, facts);
  if (!what) return unknownFailure(question, facts);
  const { scenario, catching } = what;
  const text = question.release.trim() || "latest";
  const isExact = allowed.length === 1 && (text === "latest" || writtenVersion(text, facts.package) !== "");
  const { chip, says, more, place } = judge(facts, release, allowed.length === 1 ? divided(text, facts.package).others : new Map(), what);
  const handler = handlerOf(catching, facts);
  const pin = !handler && catching.kind !== "nothing" ? undefined : advise(facts, release, isExact ? undefined : allowed, handler);
  const fix = betterHandler(facts, place, scenario, catching, chip);
  const isOther = !question.fails && scenario !== facts.default && [says, ...more].join().includes(failureIn(facts, scenario));
  return {
    chip, says, version: versionOf(facts, release), scenario: facts.scenarios[scenario]?.id ?? "", handler: handler?.id ?? "",
    more: [
      ...(isOther ? ["No overload is an exception of these classes, so the answer is about a failure that they name."] : []),
      ...more, ...understood(facts, release, allowed, text), ...differing(facts, place, allowed, what),
    ],
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

/** Say which releases a text means, unless it is the version of one. */
function understood(facts: AskDocument, release: number, allowed: readonly number[], text: string): string[] {
  const written = writtenVersion(text, facts.package);
  const version = versionOf(facts, release);
  const series = facts.versions.filter((each) => each.startsWith(`${written}.`) && each !== version);
  if (allowed.length > 1) {
    const means = written ? `\`${shorten(text)}\` means \`${written}.*\`, which` : `\`${shorten(text)}\``;
    return [`${means} allows ${allowed.length} releases; the answer is about ${version}, the newest.`];
  }
  return written && series.length ? [`\`${written}\` means ${version}; write \`${written}.*\` for the whole series.`] : [];
}

/** Count the other releases of a range on which the answer differs. */
function differing(facts: AskDocument, place: Place, allowed: readonly number[], { scenario, catching }: Asked): string[] {
  const places = allowed.map(today);
  const measured = places.filter((each) => caseOf(facts, each));
  if (allowed.length < 2) return [];
  const resultOf = (each: Place): string => {
    const end = endOf(facts, each, scenario);
    const letter = catching.kind === "handler" ? lettersOf(facts, each, catching.handler)[scenario] ?? "" : "";
    const caught = catching.kind === "clauses" && end ? judgeClauses(catching.clauses, facts, each, end).kind : "";
    return JSON.stringify([caseOf(facts, each)?.unusable ?? "", end ? `${end.mark} ${end.says}` : "", letter, caught]);
  };
  const others = measured.filter((each) => resultOf(each) !== resultOf(place)).length;
  const unmeasured = allowed.length - measured.length;
  const rest = unmeasured ? [`${unmeasured} of them ${unmeasured === 1 ? "was" : "were"} not measured.`] : [];
  if (!caseOf(facts, place)) return rest;
  return [others ? `On ${others} of the other releases, the answer differs.` : "On the others, the answer is the same.", ...rest];
}

/** Find the handler to write instead: right in this scenario, and of those right most often on this release. */
function betterHandler(facts: AskDocument, place: Place, scenario: number, catching: Catching, chip: Chip): AskHandler | undefined {
  const own = catching.kind === "handler" ? catching.handler : -1;
  if (chip.style === "m-unknown" || !endOf(facts, place, scenario) || (catching.kind === "handler" && chip.style === "w-right")) return undefined;
  const rights = facts.handlers.map(({ catches_all }, handler) => {
    const letters = lettersOf(facts, place, handler);
    return letters[scenario] === "r" && handler !== own && !catches_all ? letters.split("r").length - 1 : 0;
  });
  const most = Math.max(...rights);
  return most ? facts.handlers[rights.indexOf(most)] : undefined;
}

/** Say what changes from one release to another: in the chosen scenario, and how many verdicts. */
function compared(question: Question, facts: AskDocument, from: number, to: number): Answer | Problem {
  const what = asked(question, facts);
  if (!what) return unknownFailure(question, facts);
  const [before, after] = [from, to].map((release) => judge(facts, release, new Map(), what));
  if (!before || !after) return { problem: "Name two releases." };
  const failure = `${failureIn(facts, what.scenario)}: `;
  const second = before.says.startsWith(failure) ? after.says.replace(failure, "") : after.says;
  const handler = what.catching.kind === "handler" ? facts.handlers[what.catching.handler] : undefined;
  return {
    chip: after.chip, says: before.says === after.says ? before.says : `${before.says} ${second}`,
    more: [...changes(facts, from, to, what.catching), ...(handler ? [] : after.more)],
    version: versionOf(facts, from), other: versionOf(facts, to),
    scenario: facts.scenarios[what.scenario]?.id ?? "", handler: handler?.id ?? "",
  };
}

/** Words for what can't be compared. */
const UNJUDGED = ["unknown", "flaky", "unavailable"];

/** Count the failures in which a handler becomes right or wrong, or else those whose verdict differs. Compare says which are better. */
function changes(facts: AskDocument, from: number, to: number, catching: Catching): string[] {
  const wordOn = (release: number, scenario: number): string =>
    (catching.kind === "handler"
      ? facts.outcomes[lettersOf(facts, today(release), catching.handler)[scenario] ?? " "]?.[0]
      : endOf(facts, today(release), scenario)?.mark) ?? "unknown";
  const pairs = facts.scenarios
    .map((_, scenario) => [wordOn(from, scenario), wordOn(to, scenario)] as const)
    .filter((words) => !words.some((word) => UNJUDGED.includes(word)));
  if (!pairs.length) return [];
  const differ = pairs.filter(([was, now]) => was !== now);
  const becomes = (isWord: (word: string) => boolean): number | string => differ.filter(([was, now]) => isWord(now) && !isWord(was)).length || "none";
  const among = `of ${pairs.length} failures`;
  const what =
    catching.kind === "handler"
      ? `this handler becomes right in ${becomes((word) => word === "right")} ${among}, and wrong in ${becomes((word) => word !== "right")}`
      : `the verdict differs in ${differ.length || "none"} ${among}`;
  return [`From ${versionOf(facts, from)} to ${versionOf(facts, to)}, ${what}.`];
}
