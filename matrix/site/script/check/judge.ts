/**
 * Judge requirements on the target, in the words of `matrix check`: `tests/browser/test_check.py` compares them.
 *
 * The facts about each release are looked up. This module adds what depends on the requirement: which releases it
 * allows, and how many of them a fact applies to.
 */

import { explain } from "@renovatebot/pep440";

import { type Fact, type Knowledge, type Level, type Release, type Use } from "./facts.ts";
import { DEPENDENCIES, type Lane, differingPins, nearestLane } from "./lanes.ts";
import { type Entry } from "./manifest.ts";
import { type Target } from "./requirement.ts";
import { mayHold } from "./markers.ts";
import { allows, clauses, exactVersion } from "./specifiers.ts";
import { counted } from "./text.ts";

export type State = "fine" | "finding" | "unknown" | "unjudged";

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
  /** What it allows or pins, and what would be installed. */
  readonly about: string;
  /** Whether it was judged for clients of other services. */
  readonly isOfOtherClients: boolean;
  /** The release that decides the levels; empty if there is none. */
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
/** Runs of releases that a sentence names; it counts the others. */
const FEW = 3;
const CANNOT_BE_USED = "cannot-be-used";
const UNKNOWN = "unknown-release";
const MEASURE_YOURS = "Unknown does not mean safe. Measure your own environment: `matrix probe --python PATH`.";

/**
 * Judge one requirement.
 *
 * @param python The Pythons that its file supports, as `requires-python` writes them; empty if it states none.
 * @param catching The ids of the handlers that are used.
 * @param client The client that the visitor chose; empty to use those of the requirement's extras.
 */
export function judge(knowledge: Knowledge, entry: Entry, python: string, catching: readonly string[], client: string): Subject {
  const clients = knowledge.clients(entry.extras, client);
  const { about: allowed, findings, release } = judged(knowledge, entry, python, { catching, clients });
  const names = clients.map(({ class_name: name }) => name);
  const about = names.length ? `${allowed}; judged for ${names.join(" and ")}` : allowed;
  const { rules } = knowledge.document;
  const order = ({ level, rule }: Finding): number => LEVELS.indexOf(level) * rules.length + rules.indexOf(rule);
  const worstFirst = [...findings].sort((a, b) => order(a) - order(b) || (a.message < b.message ? -1 : 1));
  const text = written(entry, knowledge.target);
  return {
    line: entry.line, text, about, isOfOtherClients: clients.length > 0, release: release?.version ?? "",
    state: stateOf(findings, catching), findings: worstFirst,
  };
}

function judged(knowledge: Knowledge, entry: Entry, python: string, use: Use): Judged {
  const { specifier, direct } = entry;
  const admitted = knowledge.allowed(specifier);
  const exact = exactVersion(specifier);
  const last = admitted.at(-1);
  if (direct && !exact) return unknown(`The requirement is taken from ${direct}, which is not a release on the index.`, MEASURE_YOURS);
  if (!last && !canBeMet(knowledge, specifier)) {
    const message = "No release can satisfy the requirement, since its clauses contradict each other.";
    return { about: "allows nothing", findings: [{ rule: CANNOT_BE_USED, level: "error", message, instead: "" }] };
  }
  if (!last) return neverSeen(knowledge, specifier, exact);
  if (exact) return judgeExact(knowledge, entry, last, use);
  const unyanked = admitted.filter((release) => !release.yanked); // installers skip yanked releases
  const allowed = unyanked.length ? unyanked : admitted;
  return judgeRange(knowledge, entry, allowed, oldestPython(python, entry.marker), use);
}

/** Write a requirement as one line of PEP 508. */
export function written(entry: Entry, target: Target): string {
  const extras = entry.extras.length ? `[${entry.extras.join(",")}]` : "";
  const which = entry.specifier || (entry.direct && ` @ ${entry.direct}`);
  return `${target.package}${extras}${which}${entry.marker && ` ; ${entry.marker}`}`;
}

function stateOf(findings: readonly Finding[], catching: readonly string[]): State {
  if (findings.some(({ level, rule }) => level !== "note" && rule !== UNKNOWN)) return "finding";
  return findings.some(({ rule }) => rule === UNKNOWN) ? "unknown" : catching.length ? "fine" : "unjudged";
}

/** Whether any version could satisfy a specifier: a named one, a future one, or a very old one. */
function canBeMet(knowledge: Knowledge, specifier: string): boolean {
  const all = clauses(specifier);
  const named = all.filter(({ operator }) => operator !== "===").map(({ version }) => version.replace(/\.\*$/, ""));
  const versions = ["0", ...named, ...later(knowledge)];
  return all.length > named.length || versions.some((version) => allows(specifier, version, true));
}

/** Return versions that may follow the newest release: the next patch, minor and major version, and a distant one. */
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

function findingOn(version: string): (fact: Fact) => Finding {
  return (fact) => ({ rule: fact.rule, level: fact.level, message: on(version, fact), instead: fact.instead ?? "" });
}

/** Write a fact about a release as a sentence. */
function on(version: string, { client, message }: Fact): string {
  return `On ${version}${client ? ` with ${client}` : ""}, ${message}.`;
}

// An exact release.

function judgeExact(knowledge: Knowledge, entry: Entry, release: Release, use: Use): Judged {
  const { version, uploaded } = release;
  const lane = nearestLane(entry.locked, knowledge.lanes(release), (each) => knowledge.lock(release, each), knowledge.document.carriers);
  const facts = knowledge.facts(release, lane, use, entry.extras);
  const taken = entry.direct ? `; taken from ${entry.direct}, and judged as the release on the index` : "";
  const nearest = entry.locked.size && facts ? `; judged with ${DEPENDENCIES[lane]}, which are nearest to the locked ones` : "";
  const about = `${version}, uploaded ${uploaded}${nearest}${taken}`;
  if (!facts) return { about: `${about}, not measured`, findings: [unmeasured(version)], release };
  const hang = facts.some(({ rule }) => rule === CANNOT_BE_USED) ? undefined : knowledge.hangFact(release, entry.locked);
  const findings = [...facts, ...(hang ? [hang] : [])].map(findingOn(version));
  return { about, findings: [...findings, ...lockDiffers(knowledge, release, lane, entry.locked, use)], release };
}

/** Report dependencies that differ from the measured ones: a warning if they decide whether a client can be used. */
function lockDiffers(
  knowledge: Knowledge, release: Release, lane: Lane, locked: ReadonlyMap<string, string>, { clients }: Use,
): Finding[] {
  const differs = differingPins(locked, knowledge.lock(release, lane), knowledge.document.carriers);
  if (!differs.length) return [];
  const message = `The measurement used ${differs.map(({ name, ours, theirs }) => `${name} ${ours} (locked here: ${theirs})`).join(", ")}.`;
  for (const client of clients.length ? clients : [undefined]) {
    if (knowledge.unusable(release, lane, client)) continue;
    const worse = knowledge.lanes(release).find((other) => knowledge.unusable(release, other, client) && knowledge.lock(release, other).size);
    if (!worse) continue;
    const subject = client ? `${client.class_name} of ${release.version}` : release.version;
    return [{
      rule: "lock-differs", level: "warning",
      message: `${message} With ${DEPENDENCIES[worse]}, ${subject} can't be used: ${knowledge.unusable(release, worse, client)}.`,
      instead: "Lock the measured versions, or measure your own environment: `matrix probe --python PATH`.",
    }];
  }
  return [{ rule: "lock-differs", level: "note", message, instead: "" }];
}

// A range, which is judged by all releases that it allows, never by its lowest release.

/** The numbers of errors and of warnings. */
type Harm = readonly [number, number];
const NONE: Harm = [0, 0];

function isWorse(a: Harm, b: Harm): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}

function judgeRange(
  knowledge: Knowledge, entry: Entry, allowed: readonly Release[], python: string, use: Use,
): Judged {
  const today = installedToday(allowed, python);
  if (today && !entry.specifier) return judgeAny(knowledge, entry, today, python, use);
  const factsOf = new Map(allowed.map((release) => [release, knowledge.facts(release, "today", use, entry.extras)]));
  const harm = new Map([...factsOf].flatMap(([release, facts]) => (facts ? [[release, harmOf(facts)] as const] : [])));
  const byRule = new Map<string, Map<Release, Fact>>();
  for (const [release, facts] of factsOf) {
    for (const fact of facts ?? []) {
      const key = `${fact.rule} ${fact.handler ?? ""} ${fact.client ?? ""}`;
      byRule.set(key, (byRule.get(key) ?? new Map<Release, Fact>()).set(release, fact));
    }
  }
  const measured = today && harm.has(today) ? today : undefined;
  const floor = floorOf(allowed, harm, measured);
  const findings = [...byRule.values()].map((facts) => rangeFinding(facts, allowed, measured, floor));
  const notMeasured = allowed.filter((release) => !harm.has(release));
  if (notMeasured.length) findings.push(unmeasured(runs(notMeasured, allowed)));
  if (!today && python) {
    const message = `No allowed release supports Python ${python}, by its own \`requires-python\`.`;
    findings.push({ rule: CANNOT_BE_USED, level: "error", message, instead: "" });
  }
  const { generated_at: day } = knowledge.document;
  if (day && later(knowledge).some((version) => allows(entry.specifier, version))) {
    const message = `The requirement also allows releases after ${knowledge.newest?.version}, which are not measured (data of ${day}).`;
    findings.push({ rule: "open-ended", level: "note", message, instead: "" });
  }
  return { about: aboutRange(allowed, harm, today, python), findings, release: today };
}

/** Judge a requirement without versions by the release that would be installed. */
function judgeAny(knowledge: Knowledge, entry: Entry, release: Release, python: string, use: Use): Judged {
  const { version } = release;
  const about = `allows any release; ${version} would be installed today${python && ` on Python ${python}`}`;
  const facts = knowledge.facts(release, "today", use, entry.extras);
  const isNote = ({ handler, level }: Fact): boolean => !handler && level === "note";
  const notes = (facts ?? []).filter(isNote).map(({ message }) => message).join("; ");
  const findings = facts?.filter((fact) => !isNote(fact)).map(findingOn(version)) ?? [unmeasured(version)];
  const message = `${version} would be installed today${notes && `: ${notes}`}. The next release follows as soon as it is published.`;
  const instead = "Pin a release, or add a lock file, to decide when to upgrade.";
  return { about, findings: [...findings, { rule: "open-ended", level: "note", message, instead }], release };
}

function aboutRange(
  allowed: readonly Release[], harm: ReadonlyMap<Release, Harm>, today: Release | undefined, python: string,
): string {
  const on = python && ` on Python ${python}`;
  const installed = today ? `${today.version} would be installed today${on}` : `none of them supports Python ${python}`;
  const about = `allows ${counted(allowed.length, "release")}, ${runs(allowed, allowed)}; ${installed}`;
  const most = [...harm.values()].reduce((worst, each) => (isWorse(each, worst) ? each : worst), NONE);
  if (!isWorse(most, (today && harm.get(today)) ?? NONE)) return about;
  const worst = allowed.filter((release) => String(harm.get(release)) === String(most));
  return `${about}; the worst ${worst.length === 1 ? "is" : "are"} ${runs(worst, allowed)}`;
}

function harmOf(facts: readonly Fact[]): Harm {
  const count = (level: Level): number => facts.filter((fact) => fact.level === level).length;
  return [count("error"), count("warning")];
}

/** Return the release that an installer would choose: the newest that supports the oldest Python of file and marker. */
function installedToday(allowed: readonly Release[], python: string): Release | undefined {
  const fits = (release: Release): boolean => !python || allows(release.requires_python ?? "", python);
  return allowed.findLast((release) => !release.yanked && release.installable !== false && fits(release));
}

/** Return the oldest Python that a file and a marker allow; empty if neither names one. */
function oldestPython(python: string, marker: string): string {
  const isConditional = marker.includes("python");
  if (!python && !isConditional) return "";
  const named = clauses(python).find(({ operator }) => operator === "==");
  if (named && !named.version.endsWith("*")) return named.version;
  const fits = (version: string): boolean => allows(python, `${version}.99`) || allows(python, version);
  return PYTHONS.find((version) => fits(version) && (!isConditional || mayHold(marker, version))) ?? "";
}

/** Return the lowest release from which on no release is worse than the one of today; empty if there is none. */
function floorOf(allowed: readonly Release[], harm: ReadonlyMap<Release, Harm>, today: Release | undefined): string {
  const limit = today && harm.get(today);
  if (!today || !limit) return "";
  const last = allowed.findLastIndex((release) => isWorse(harm.get(release) ?? [Infinity, 0], limit));
  return allowed.indexOf(today) > last ? (allowed[last + 1]?.version ?? "") : "";
}

/** Report a fact on the release that would be installed if it applies to that one, or else on the newest. */
function rangeFinding(
  facts: ReadonlyMap<Release, Fact>, allowed: readonly Release[], today: Release | undefined, floor: string,
): Finding {
  const appliesToday = today !== undefined && facts.has(today);
  const [release, fact] = [...facts].findLast(([candidate]) => !appliesToday || candidate === today) ?? [];
  if (!release || !fact) throw new Error("A finding needs at least one release.");
  const affected = allowed.filter((each) => facts.has(each));
  const level = appliesToday || fact.level === "note" ? fact.level : "warning";
  const isBelowFloor = floor && !appliesToday && allowed.indexOf(release) < allowed.findIndex(({ version }) => version === floor);
  const canExclude = isBelowFloor && (!fact.instead || fact.rule === CANNOT_BE_USED);
  return {
    rule: fact.rule, level,
    message: `${on(release.version, fact)}${share(affected, allowed, appliesToday, today)}`,
    instead: canExclude ? `Require \`>=${floor}\` to exclude these releases.` : (fact.instead ?? ""),
  };
}

/** Write a sentence that says to how many releases of a range a fact applies. */
function share(
  affected: readonly Release[], allowed: readonly Release[], appliesToday: boolean, today: Release | undefined,
): string {
  if (allowed.length === 1) return "";
  if (affected.length === allowed.length) return ` This, or nearly this, applies to all ${allowed.length} allowed releases.`;
  const count = ` This applies to ${affected.length} of the ${allowed.length} allowed releases`;
  if (appliesToday) return `${count}: ${runs(affected, allowed)}.`;
  return `${count} (${runs(affected, allowed)})${today ? `, but not to ${today.version}, which would be installed today` : ""}.`;
}

/** Write releases as runs of adjacent releases, `0.40.0-0.45.2, 0.47.0`, and count the runs beyond the first few. */
function runs(some: readonly Release[], of: readonly Release[]): string {
  const chosen = new Set(some);
  const all: Release[][] = [];
  for (const [index, release] of of.entries()) {
    if (!chosen.has(release)) continue;
    const before = of[index - 1];
    if (before && chosen.has(before)) all.at(-1)?.push(release);
    else all.push([release]);
  }
  const named = all.slice(0, FEW).map((run) => [run[0]?.version, ...(run.length > 1 ? [run.at(-1)?.version] : [])].join("-"));
  const more = all.length - named.length;
  return named.join(", ") + (more ? ` and ${more} more runs` : "");
}
