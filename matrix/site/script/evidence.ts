/**
 * Show the evidence of one scenario on one release: load its document, and write it as text.
 *
 * Releases that behave alike share a variant of the document. A page that is opened from a file can't load it: there,
 * links lead to a page with the same content.
 */

import { chipOf, type Marks } from "./chip.ts";
import { element, readJson } from "./dom.ts";

/** What a reader asks for. An empty surface or lane means all of them. */
export interface Subject {
  version: string;
  client: string;
  scenario: string;
  surface: string;
  lane: string;
}

interface Fact {
  term: string;
  mark?: string;
  code?: string;
  text?: string;
}

/** Numbers stand for surfaces and facts of the document; no lanes are all lanes. */
interface Calls {
  surfaces: number[];
  lanes?: string[];
}

interface Call extends Calls {
  mark: string;
  words: string;
  events?: [string, number][];
  received?: number[];
  facts?: number[];
  handlers?: string;
}

interface Variant {
  surface: number;
  dialect: string;
  lanes: string[];
  absent?: string;
  calls?: Call[];
  alike?: Calls[];
  others?: Call[];
}

/** `evidence/SCENARIO.json`. */
interface EvidenceDocument {
  scenario: string;
  title: string;
  expected: string;
  command: string;
  marks: Marks;
  sent: Record<string, [string, string][]>;
  handlers: string[];
  surfaces: string[];
  facts: Fact[];
  variants: Variant[];
  releases: Record<string, Record<string, number>>;
}

/** `evidence/releases.json`: client to the runs of its releases that behave alike, each by its first release. */
type Runs = Record<string, Record<string, string[]>>;

const OUTCOMES: Record<string, string> = { r: "right", m: "missed", n: "needless", s: "silent", c: "crashed" };

/** Return the root of this site. */
function root(): string {
  return new URL("..", document.querySelector<HTMLScriptElement>("script[src$='static/site.js']")!.src).href;
}

/** Whether this page can load documents: one that is opened from a file can't. */
export function canLoad(): boolean {
  return location.protocol.startsWith("http");
}

/** Return the release and the client of a page of a release; nothing for another page. */
export function releaseOf(url: URL): { version: string; client: string } | undefined {
  const path = url.href.startsWith(root()) ? url.href.slice(root().length).split(/[?#]/)[0]!.split("/") : [];
  return path[0] === "releases" && path[1] ? { version: decodeURIComponent(path[1]), client: path[2] ?? "" } : undefined;
}

/** Return the page of a release on a client. */
export function pageOfRelease(version: string, client: string): string {
  return `${root()}releases/${encodeURIComponent(version)}/${client ? `${client}/` : ""}`;
}

/** Return the page of a scenario's evidence. */
export function pageOf(scenario: string): string {
  return `${root()}evidence/${encodeURIComponent(scenario)}.html`;
}

/** Load the evidence of a subject; throws if there is none, or if it can't be loaded. */
export async function loadEvidence(subject: Subject): Promise<HTMLElement> {
  const [document_, runs] = await Promise.all([
    readJson<EvidenceDocument>(`${root()}evidence/${encodeURIComponent(subject.scenario)}.json`),
    readJson<Runs>(`${root()}evidence/releases.json`),
  ]);
  const run = Object.entries(runs[subject.client] ?? {}).find(([, versions]) => versions.includes(subject.version));
  const variant = run && document_.variants[document_.releases[subject.client]?.[run[0]] ?? -1];
  if (!variant) throw new Error(`There is no evidence of ${subject.scenario} for ${subject.version}.`);
  return new Writer(document_, variant, subject).write();
}

/** Writes evidence as elements; every text of it stays text. */
class Writer {
  readonly #evidence: EvidenceDocument;
  readonly #variant: Variant;
  readonly #subject: Subject;

  constructor(evidence: EvidenceDocument, variant: Variant, subject: Subject) {
    this.#evidence = evidence;
    this.#variant = variant;
    this.#subject = subject;
  }

  write(): HTMLElement {
    const [variant, subject] = [this.#variant, this.#subject];
    const calls = variant.calls ?? [];
    const own = (variant.others ?? []).filter((call) => this.#isAsked(call));
    const isOwn = subject.surface !== "" && own.length > 0;
    const shown = isOwn ? own : calls;
    const came = shown.length
      ? shown.map((call) => element("span", {}, ...this.#lane(call), this.#chip(call.mark, call.words), " "))
      : [this.#chip("unavailable", variant.absent ?? "not measured")];
    return element(
      "div",
      { class: "drawer" },
      element("p", {}, this.#evidence.title, " ", element("code", { class: "tag" }, this.#evidence.scenario)),
      element("p", { class: "came" }, ...came),
      element("p", { class: "note" }, `Expected: ${this.#evidence.expected}`),
      element("div", { class: "two" }, this.#server(), element("div", {}, ...shown.flatMap((call) => this.#call(call)))),
      ...(isOwn ? [] : this.#otherCalls()),
    );
  }

  #isAsked(call: Calls): boolean {
    const { surface, lane } = this.#subject;
    return call.surfaces.some((number) => this.#evidence.surfaces[number] === surface) && (!lane || !call.lanes || call.lanes.includes(lane));
  }

  #names(call: Calls): string {
    return call.surfaces.map((number) => this.#evidence.surfaces[number]).join(", ");
  }

  /** Name the lanes of a call, if it does not end so in all of them. */
  #lane(call: Calls): (Node | string)[] {
    return call.lanes ? [element("span", { class: "lane" }, call.lanes.join(", ")), " "] : [];
  }

  #chip(mark: string, words: string): HTMLElement {
    return chipOf(this.#evidence.marks, mark, words);
  }

  /** Write what the server does. */
  #server(): HTMLElement {
    const actions = this.#evidence.sent[this.#variant.dialect];
    const items = (actions ?? []).map(([how, text]) => {
      if (how === "wait") return element("li", {}, `waits ${text}`);
      if (how === "end") return element("li", { class: "end" }, `ends the connection: ${text}`);
      return element("li", {}, how === "frame" ? "sends a frame" : "sends", element("pre", { tabindex: "0" }, element("code", {}, text)));
    });
    const wire = `${root()}scenarios/${this.#evidence.scenario}/#wire`;
    return element(
      "div",
      {},
      element("h3", {}, "The server"),
      actions ? element("ol", { class: "timeline" }, ...items) : element("p", {}, "It can’t send this scenario in the dialect of this call."),
      element("p", { class: "note" }, element("a", { href: wire }, "Every byte, in each dialect")),
    );
  }

  #call(call: Call): HTMLElement[] {
    const evidence = this.#evidence;
    const fact = (number: number): Fact => evidence.facts[number] ?? { term: "" };
    const events = (call.events ?? []).map(([event, count]) => element("li", {}, element("code", {}, event), count > 1 ? ` × ${count}` : ""));
    const received = (call.received ?? []).map((number) => element("li", {}, `${fact(number).term}: `, element("code", {}, fact(number).code ?? "")));
    const end = element("li", { class: `end m-${call.mark}` }, call.words);
    const lines = (call.facts ?? []).map(fact).flatMap(({ term, mark, code, text }) => [
      element("dt", {}, term),
      element("dd", {}, ...(mark ? [this.#chip(mark, this.#evidence.marks[mark]?.[1] ?? mark), " "] : []), text ?? "", ...(code === undefined ? [] : [" ", element("code", {}, code)])),
    ]);
    return [
      element("h3", {}, this.#names(call), " ", ...this.#lane(call)),
      element("ol", { class: "timeline" }, ...events, ...received, end),
      element("dl", { class: "details" }, ...lines, ...this.#handlers(call)),
      element("h4", {}, "Play it again"),
      element("div", { class: "command" }, element("pre", {}, element("code", {}, this.#command(call)))),
    ];
  }

  /** Write the handlers, those with one outcome together. */
  #handlers(call: Call): HTMLElement[] {
    return Object.entries(OUTCOMES).flatMap(([letter, outcome]) => {
      const members = this.#evidence.handlers.filter((_, at) => call.handlers?.[at] === letter);
      if (!members.length) return [];
      return [element("dt", {}, `handlers: ${outcome}`), element("dd", {}, members.join(", "))];
    });
  }

  #command(call: Call): string {
    const isMain = call.surfaces[0] === this.#variant.surface;
    const lanes = isMain ? "" : (call.lanes ?? []).map((lane) => ` --lane ${lane}`).join("");
    return this.#evidence.command
      .replace("@VERSION@", () => this.#subject.version)
      .replace("@LANES@", lanes)
      .replace("@SURFACE@", this.#evidence.surfaces[call.surfaces[0]!] ?? "");
  }

  #otherCalls(): HTMLElement[] {
    const alike = (this.#variant.alike ?? []).map((calls) => element("p", { class: "note" }, `End the same way: ${this.#names(calls)} `, ...this.#lane(calls)));
    const others = (this.#variant.others ?? []).map((call) => element("div", { class: "other" }, ...this.#call(call)));
    return [...(alike.length || others.length ? [element("h3", {}, "Other calls")] : []), ...alike, ...others];
  }
}
