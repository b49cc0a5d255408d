/**
 * What a requirement on the target comes to, in the words of `matrix check`: a test holds each against the other.
 *
 * What a release comes to is looked up. What is done here is what depends on the requirement: which releases it allows,
 * and how many of them do harm.
 */

import { explain } from "@renovatebot/pep440";

import { type Fact, type Knowledge, type Lane, type Level, type Release } from "./facts.ts";
import { type Entry } from "./manifest.ts";
import { type Target } from "./requirement.ts";
import { mayHold } from "./markers.ts";
import { allows, clauses, exactVersion, namesPrerelease } from "./specifiers.ts";

export type State = "fine" | "finding" | "unknown";

export interface Finding {
  readonly rule: string;
  readonly level: Level;
  readonly message: string;
  readonly instead: string;
}

/** A requirement that was judged. */
export interface Subject {
  readonly line: number;
  readonly text: string;
  /** What it comes to before it is judged. */
  readonly about: string;
  /** The version that it is judged by; empty if there is none. */
  readonly release: string;
  readonly state: State;
  /** Worst first. */
  readonly findings: readonly Finding[];
}

interface Judged {
  readonly about: string;
  readonly findings: readonly Finding[];
  readonly release?: Release | undefined;
}

const LEVELS: readonly Level[] = ["error", "warning", "note"];
const PYTHONS = Array.from({ length: 14 }, (_, index) => `3.${index + 7}`);
/** Runs of releases that are named; more are counted. */
const FEW = 3;
const CANNOT_BE_USED = "cannot-be-used";
const UNKNOWN = "unknown-release";
const MEASURE_YOURS = "Unknown does not mean safe. Measure your own environment: `matrix probe --python PATH`.";

/**
 * What a requirement comes to.
 *
 * @param python The Pythons that it is for, as `requires-python` writes it; empty if nobody says.
 * @param catching How errors are caught, by handler id.
 */
export function judge(knowledge: Knowledge, entry: Entry, python: string, catching: readonly string[]): Subject {
  const { about, findings, release } = judged(knowledge, entry, python, catching);
  const order = (one: Finding): number =>
    LEVELS.indexOf(one.level) * knowledge.document.rules.length + knowledge.document.rules.indexOf(one.rule);
  const worstFirst = [...findings].sort((one, other) => order(one) - order(other) || (one.message < other.message ? -1 : 1));
  const text = written(entry, knowledge.target);
  return { line: entry.line, text, about, release: release?.version ?? "", state: stateOf(findings), findings: worstFirst };
}

function judged(knowledge: Knowledge, entry: Entry, python: string, catching: readonly string[]): Judged {
  const { specifier, direct } = entry;
  const prereleases = namesPrerelease(specifier);
  const admitted = knowledge.releases.filter((one) => allows(specifier, one.version, prereleases));
  const exact = exactVersion(specifier);
  const last = admitted.at(-1);
  if (direct && !exact) return unknown(`The requirement is taken from ${direct}, which is not a release on the index.`, MEASURE_YOURS);
  if (!last && !canBeMet(knowledge, specifier)) {
    const message = "No release can satisfy the requirement, since its clauses contradict each other.";
    return { about: "allows nothing", findings: [{ rule: CANNOT_BE_USED, level: "error", message, instead: "" }] };
  }
  if (!last) return neverSeen(knowledge, specifier, exact);
  if (exact) return judgeExact(knowledge, entry, last, catching);
  const kept = admitted.filter((one) => !one.yanked); // installers pass over the others
  return judgeRange(knowledge, entry, kept.length ? kept : admitted, oldestPython(python, entry.marker), catching);
}

/** A requirement as one line of PEP 508. */
export function written(entry: Entry, target: Target): string {
  const extras = entry.extras.length ? `[${entry.extras.join(",")}]` : "";
  const which = entry.specifier || (entry.direct && ` @ ${entry.direct}`);
  return `${target.package}${extras}${which}${entry.marker && ` ; ${entry.marker}`}`;
}

export function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function stateOf(findings: readonly Finding[]): State {
  if (findings.some((one) => one.level !== "note" && one.rule !== UNKNOWN)) return "finding";
  return findings.some((one) => one.rule === UNKNOWN) ? "unknown" : "fine";
}

/** Whether any version could be in it: one that a clause names, one that is still to come, or a very old one. */
function canBeMet(knowledge: Knowledge, specifier: string): boolean {
  const all = clauses(specifier);
  const named = all.filter((one) => one.operator !== "===").map((one) => one.version.replace(/\.\*$/, ""));
  const versions = ["0", ...named, ...later(knowledge)];
  return all.length > named.length || versions.some((one) => allows(specifier, one, true));
}

/** What may come after the newest release: a fix of it, the next of its series, the next series, or any. */
function later(knowledge: Knowledge): string[] {
  const [major = 0, minor = 0, micro = 0] = explain(knowledge.newest?.version ?? "")?.release ?? [];
  return [`${major}.${minor}.${micro + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`, "9999"];
}

function unknown(message: string, instead: string): Judged {
  return { about: "unknown, not safe", findings: [{ rule: UNKNOWN, level: "warning", message, instead }] };
}

function neverSeen(knowledge: Knowledge, specifier: string, exact: string): Judged {
  const what = exact ? "This release is not one" : "The requirement allows none";
  const { releases, newest, document } = knowledge;
  const known = `${releases.length} known releases (newest: ${newest?.version ?? "none"}, data of ${document.generated_at ?? "no day"})`;
  return unknown(
    `${what} of the ${known}.`,
    `Unknown does not mean safe. Measure it: \`matrix refresh\`, then \`matrix run --versions ${exact || `'${specifier}'`}\`; ` +
      "or measure your own environment with `matrix probe --python PATH`.",
  );
}

function unmeasured(versions: string): Finding {
  const instead = `Measure it: \`matrix run --versions ${versions.replace(/[-,].*$/, "")}\`.`;
  return { rule: UNKNOWN, level: "warning", message: `Not measured: ${versions}.`, instead };
}

// An exact release.

function judgeExact(knowledge: Knowledge, entry: Entry, release: Release, catching: readonly string[]): Judged {
  const { version, uploaded } = release;
  const lane = nearestLane(knowledge, release, entry.locked);
  const found = knowledge.facts(release, lane, catching, entry.extras);
  const taken = entry.direct ? `; taken from ${entry.direct}, and judged as the release on the index` : "";
  const about = `${version}, uploaded ${uploaded}${taken}`;
  if (!found) return { about: `${about}, not measured`, findings: [unmeasured(version)], release };
  const findings = found.map(({ rule, level, message, instead = "" }) => ({
    rule, level, message: `On ${version}, ${message}.`, instead,
  }));
  return { about, findings: [...findings, ...lockDiffers(knowledge, release, lane, entry.locked)], release };
}

/** The lane whose dependencies are most like those that a file locks; today's where it locks none. */
function nearestLane(knowledge: Knowledge, release: Release, locked: ReadonlyMap<string, string>): Lane {
  const distance = (lane: Lane): number[] => {
    const lock = knowledge.lock(release, lane);
    const { carriers } = knowledge.document;
    return [
      lock.size ? 0 : 1, // nothing could be resolved: near to nothing
      carriers.filter((name) => locked.get(name) !== lock.get(name)).length,
      [...lock].filter(([name, pin]) => locked.get(name) !== pin).length,
    ];
  };
  const [own, now] = [distance("as-released"), distance("today")];
  const lanes = knowledge.lanes(release);
  if (!locked.size || !lanes.includes("as-released")) return "today";
  const differing = now.findIndex((number, place) => number !== own[place]);
  const isOwnNearer = differing >= 0 && (own[differing] ?? 0) < (now[differing] ?? 0);
  return isOwnNearer || !lanes.includes("today") ? "as-released" : "today";
}

/** That other dependencies are locked than were measured: a warning where those decide whether it can be used. */
function lockDiffers(knowledge: Knowledge, release: Release, lane: Lane, locked: ReadonlyMap<string, string>): Finding[] {
  const measured = knowledge.lock(release, lane);
  const differs = knowledge.document.carriers.flatMap((name) => {
    const [theirs, ours] = [locked.get(name), measured.get(name)];
    return theirs && ours && theirs !== ours ? [`${name} ${ours} (locked here: ${theirs})`] : [];
  });
  if (!differs.length) return [];
  const message = `The measurement used ${differs.join(", ")}.`;
  const worse = knowledge.unusable(release, lane)
    ? undefined
    : knowledge.lanes(release).find((one) => knowledge.unusable(release, one) && knowledge.lock(release, one).size);
  if (!worse) return [{ rule: "lock-differs", level: "note", message, instead: "" }];
  const dependencies = worse === "today" ? "today's dependencies" : "the dependencies of its upload day";
  const why = knowledge.unusable(release, worse);
  return [{
    rule: "lock-differs", level: "warning",
    message: `${message} With ${dependencies}, ${release.version} can't be used: ${why}.`,
    instead: "Lock the measured versions, or measure your own environment: `matrix probe --python PATH`.",
  }];
}

// A range: judged as one, never by its floor.

/** How many errors, and how many warnings. */
type Harm = readonly [number, number];
const NONE: Harm = [0, 0];

function isWorse(one: Harm, other: Harm): boolean {
  return one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);
}

function judgeRange(
  knowledge: Knowledge, entry: Entry, allowed: readonly Release[], python: string, catching: readonly string[],
): Judged {
  const today = installedToday(allowed, python);
  const found = new Map(allowed.map((one) => [one, knowledge.facts(one, "today", catching, entry.extras)]));
  const harm = new Map([...found].flatMap(([one, facts]) => (facts ? [[one, harmOf(facts)] as const] : [])));
  const broken = new Map<string, Map<Release, Fact>>();
  for (const [release, facts] of found) {
    for (const fact of facts ?? []) {
      const which = `${fact.rule} ${fact.handler ?? ""}`;
      broken.set(which, (broken.get(which) ?? new Map<Release, Fact>()).set(release, fact));
    }
  }
  const measured = today && harm.has(today) ? today : undefined;
  const floor = floorOf(allowed, harm, measured);
  const findings = [...broken.values()].map((facts) => ofRange(facts, allowed, measured, floor));
  const unseen = allowed.filter((one) => !harm.has(one));
  if (unseen.length) findings.push(unmeasured(runs(unseen, allowed)));
  if (!today && python) {
    const message = `No allowed release supports Python ${python}, by its own \`requires-python\`.`;
    findings.push({ rule: CANNOT_BE_USED, level: "error", message, instead: "" });
  }
  const { generated_at: day } = knowledge.document;
  if (day && later(knowledge).some((one) => allows(entry.specifier, one))) {
    const message = `The requirement also allows releases after ${knowledge.newest?.version}, which are not measured (data of ${day}).`;
    findings.push({ rule: "open-ended", level: "note", message, instead: "" });
  }
  return { about: aboutRange(allowed, harm, today, python), findings, release: today };
}

function aboutRange(
  allowed: readonly Release[], harm: ReadonlyMap<Release, Harm>, today: Release | undefined, python: string,
): string {
  const on = python && ` on Python ${python}`;
  const installed = today ? `${today.version} would be installed today${on}` : `none of them supports Python ${python}`;
  const about = `allows ${counted(allowed.length, "release")}, ${runs(allowed, allowed)}; ${installed}`;
  const most = [...harm.values()].reduce((one, other) => (isWorse(other, one) ? other : one), NONE);
  if (!isWorse(most, (today && harm.get(today)) ?? NONE)) return about;
  const worst = allowed.filter((one) => String(harm.get(one)) === String(most));
  return `${about}; the worst ${worst.length === 1 ? "is" : "are"} ${runs(worst, allowed)}`;
}

function harmOf(facts: readonly Fact[]): Harm {
  const count = (level: Level): number => facts.filter((fact) => fact.level === level).length;
  return [count("error"), count("warning")];
}

/** The release that an installer would take: the newest that fits the oldest Python that file and marker are for. */
function installedToday(allowed: readonly Release[], python: string): Release | undefined {
  const fits = (one: Release): boolean => !python || allows(one.requires_python ?? "", python);
  return allowed.findLast((one) => !one.yanked && one.installable !== false && fits(one));
}

/** The oldest Python that a file and a marker are for; empty if neither says. */
function oldestPython(python: string, marker: string): string {
  const isConditional = marker.includes("python");
  if (!python && !isConditional) return "";
  const named = clauses(python).find((one) => one.operator === "==");
  if (named && !named.version.endsWith("*")) return named.version;
  const fits = (one: string): boolean => allows(python, `${one}.99`) || allows(python, one);
  return PYTHONS.find((one) => fits(one) && (!isConditional || mayHold(marker, one))) ?? "";
}

/** The lowest release from which on none does more harm than the one that would be installed; empty if none is. */
function floorOf(allowed: readonly Release[], harm: ReadonlyMap<Release, Harm>, today: Release | undefined): string {
  const limit = today && harm.get(today);
  if (!today || !limit) return "";
  const last = allowed.findLastIndex((one) => isWorse(harm.get(one) ?? [Infinity, 0], limit));
  return allowed.indexOf(today) > last ? (allowed[last + 1]?.version ?? "") : "";
}

/** One fact over a range: told of the release that would be installed, if it is true of that; else of the newest. */
function ofRange(
  found: ReadonlyMap<Release, Fact>, allowed: readonly Release[], today: Release | undefined, floor: string,
): Finding {
  const isHere = today !== undefined && found.has(today);
  const [release, fact] = [...found].findLast(([one]) => !isHere || one === today) ?? [];
  if (!release || !fact) throw new Error("A fact is told of a release.");
  const those = allowed.filter((one) => found.has(one));
  const level = isHere || fact.level === "note" ? fact.level : "warning";
  const isLeftOut = floor && !isHere && allowed.indexOf(release) < allowed.findIndex((one) => one.version === floor);
  const leavesOut = isLeftOut && (!fact.instead || fact.rule === CANNOT_BE_USED);
  return {
    rule: fact.rule, level,
    message: `On ${release.version}, ${fact.message}.${share(those, allowed, isHere, today)}`,
    instead: leavesOut ? `Require \`>=${floor}\` to exclude these releases.` : (fact.instead ?? ""),
  };
}

/** Of how many releases of a range a fact is true, as a sentence. */
function share(
  those: readonly Release[], allowed: readonly Release[], isHere: boolean, today: Release | undefined,
): string {
  if (allowed.length === 1) return "";
  if (those.length === allowed.length) return ` This, or nearly this, applies to all ${allowed.length} allowed releases.`;
  const count = ` This applies to ${those.length} of the ${allowed.length} allowed releases`;
  if (isHere) return `${count}: ${runs(those, allowed)}.`;
  return `${count} (${runs(those, allowed)})${today ? `, but not to ${today.version}, which would be installed today` : ""}.`;
}

/** Releases as runs of adjacent ones: `0.40.0-0.45.2, 0.47.0`; only so many, and how many more. */
function runs(some: readonly Release[], of: readonly Release[]): string {
  const chosen = new Set(some);
  const found: Release[][] = [];
  for (const [index, one] of of.entries()) {
    if (!chosen.has(one)) continue;
    const before = of[index - 1];
    if (before && chosen.has(before)) found.at(-1)?.push(one);
    else found.push([one]);
  }
  const told = found.slice(0, FEW).map((run) => [run[0]?.version, ...(run.length > 1 ? [run.at(-1)?.version] : [])].join("-"));
  const more = found.length - told.length;
  return told.join(", ") + (more ? ` and ${more} more runs` : "");
}
