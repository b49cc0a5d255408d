/** The page itself: what is asked for, in fields and in the address, and what it comes to. */

import { type Report, cards, command, fileOf, summary } from "./cards.ts";
import { element, inert } from "../dom.ts";
import { button, byId, sentence } from "./dom.ts";
import { type Example, type FactsDocument, Knowledge } from "./facts.ts";
import { readFile } from "./files.ts";
import { type Subject, judge } from "./judge.ts";
import { type Manifest } from "./manifest.ts";
import { read } from "./read.ts";
import { type Target } from "./requirement.ts";

/** Milliseconds without a key before it is judged. */
const PATIENCE = 200;
/** Characters of a requirement that may stand in the address. A lock file never does, however short. */
const LONGEST_SHARED = 200;

interface Source {
  readonly name: string;
  readonly manifest: Manifest;
}

export function start(): void {
  const section = document.getElementById("check");
  if (section) new CheckPage(section).open();
}

class CheckPage {
  readonly #text = byId("text", HTMLTextAreaElement);
  readonly #python = byId("python", HTMLInputElement);
  readonly #files = byId("files", HTMLInputElement);
  readonly #chosen = byId("chosen", HTMLElement);
  readonly #ways = byId("ways", HTMLDetailsElement);
  readonly #summary = byId("summary", HTMLElement);
  readonly #cards = byId("cards", HTMLElement);
  readonly #boxes: readonly HTMLInputElement[];
  readonly #section: HTMLElement;
  #knowledge: Knowledge | undefined;
  /** Done when there is knowledge, or there will be none. */
  #loading: Promise<void> | undefined;
  #dropped: readonly Source[] = [];
  /** What was read of the field, so that another way of catching doesn't read it again. */
  #typed: { readonly text: string; readonly manifest: Manifest } | undefined;
  #timer = 0;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#boxes = [...section.querySelectorAll<HTMLInputElement>("input[name=catching]")];
  }

  open(): void {
    this.#fromAddress();
    this.#section.hidden = false;
    // With room for both, the choice stands beside what it comes to.
    this.#ways.open = matchMedia("(min-width: 64rem)").matches;
    this.#listen();
    this.#loading = this.#load();
  }

  async #load(): Promise<void> {
    this.#summary.textContent = "Fetching what was measured …";
    try {
      const response = await fetch(this.#section.dataset["facts"] ?? "");
      if (!response.ok) throw new Error(response.statusText);
      this.#knowledge = new Knowledge((await response.json()) as FactsDocument);
    } catch {
      const isFile = location.protocol === "file:";
      this.#summary.replaceChildren(
        "What was measured can't be fetched. ",
        ...sentence(
          isFile
            ? "A page that is opened from a file may ask for nothing: open the site with `matrix serve`."
            : "Reload the page, or ask in a terminal: `matrix check`.",
        ),
      );
      return;
    }
    this.#judge();
  }

  #listen(): void {
    const soon = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#judge(), PATIENCE);
    };
    const form = this.#text.form;
    form?.addEventListener("input", soon);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#judge();
    });
    this.#text.addEventListener("keyup", (event) => {
      if (event.key === "Enter") this.#judge();
    });
    this.#files.addEventListener("change", () => void this.#add(this.#files.files));
    for (const name of ["dragover", "dragleave", "drop"] as const) {
      document.addEventListener(name, (event) => this.#drag(event));
    }
  }

  /** Files may be dropped anywhere: a browser would leave the page for one that misses its place. */
  #drag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#section.classList.toggle("dropping", event.type === "dragover");
    if (event.type === "drop") void this.#add(event.dataTransfer.files);
  }

  async #add(files: FileList | null): Promise<void> {
    const found = [...(files ?? [])];
    this.#files.value = ""; // so that the same file can be chosen again once it has changed
    if (!found.length) return;
    this.#summary.textContent = inert(`Reading ${found.map((file) => file.name).join(", ")} …`);
    await new Promise(requestAnimationFrame);
    await this.#loading;
    const target = this.#knowledge?.target;
    if (!target) return; // and the page says so
    const sources = await Promise.all(found.map(async (file) => ({ name: file.name, manifest: await readFile(file, target) })));
    const names = new Set(sources.map((source) => source.name));
    this.#dropped = [...this.#dropped.filter((source) => !names.has(source.name)), ...sources];
    this.#judge();
  }

  #judge(): void {
    clearTimeout(this.#timer);
    this.#toAddress();
    const catching = this.#catching();
    byId("ways-chosen", HTMLElement).textContent = catching.length ? catching.join(", ") : "None chosen.";
    this.#chosen.replaceChildren(...this.#dropped.map((source) => this.#chip(source)));
    const python = this.#pythonAsked();
    if (!this.#knowledge || python === undefined) return;
    const { generated_at: day, releases } = this.#knowledge.document;
    if (!releases.length) {
      this.#summary.textContent = "Nothing was measured, so nothing can be judged.";
      return;
    }
    const knowledge = this.#knowledge;
    const reports = this.#sources(knowledge.target).map((source) => report(knowledge, source, python, catching));
    if (!reports.length) {
      this.#summary.textContent = "Nothing to judge yet.";
      this.#cards.replaceChildren(...this.#examples(knowledge.target.examples ?? []));
      return;
    }
    this.#summary.textContent = summary(reports, day ?? "no day");
    const where = this.#section.dataset["releases"] ?? "";
    const found = reports.flatMap((one) => cards(one, where));
    this.#cards.replaceChildren(...(found.length ? found : [nothing(reports, knowledge.target)]), terminal(reports, catching, knowledge.target.command));
  }

  #sources(target: Target): Source[] {
    const text = this.#text.value;
    if (!text.trim()) return [...this.#dropped];
    if (this.#typed?.text !== text) this.#typed = { text, manifest: read(text, target) };
    return [...this.#dropped, { name: "", manifest: this.#typed.manifest }];
  }

  #catching(): string[] {
    return this.#boxes.filter((box) => box.checked).map((box) => box.value);
  }

  /** The Python of the field as a specifier, empty if it is left out; undefined if that is no Python. */
  #pythonAsked(): string | undefined {
    const value = this.#python.value.trim();
    const isOne = /^3\.\d{1,2}$/.test(value) || !value;
    this.#python.setAttribute("aria-invalid", String(!isOne));
    if (isOne) return value && `==${value}`;
    this.#summary.textContent = inert(`“${value}” is no Python version. Write it as MAJOR.MINOR, such as 3.12.`);
    this.#cards.replaceChildren();
    return undefined;
  }

  #chip({ name }: Source): HTMLElement {
    const remove = (): void => {
      this.#dropped = this.#dropped.filter((source) => source.name !== name);
      this.#judge();
      this.#files.focus();
    };
    return element("li", {}, name, button("✕", remove, `Remove ${name}`));
  }

  #examples(examples: readonly Example[]): HTMLElement[] {
    if (!examples.length) return [];
    const items = examples.map(({ text, catching = [] }) => {
      const [first = ""] = text.split("\n");
      const name = catching.length ? `${first} caught by ${catching.join(", ")}` : text.replace("\n", " with ");
      return element("li", {}, button(name, () => this.#try(text, catching)));
    });
    return [element("div", { class: "empty" }, element("p", {}, "Try one of these:"), element("ul", {}, ...items))];
  }

  #try(text: string, catching: readonly string[]): void {
    this.#text.value = text;
    for (const box of this.#boxes) box.checked = catching.includes(box.value);
    this.#judge();
    this.#text.focus();
  }

  /** What is asked stands in the fragment, which no browser sends; links that have it in their query still work. */
  #fromAddress(): void {
    const query = new URLSearchParams(location.hash.slice(1) || location.search);
    this.#text.value = query.get("q") ?? "";
    this.#python.value = query.get("python") ?? "";
    const chosen = query.getAll("catching");
    for (const box of this.#boxes) box.checked = chosen.includes(box.value);
  }

  #toAddress(): void {
    const text = this.#text.value.trim();
    const query = new URLSearchParams();
    if (text && text.length <= LONGEST_SHARED && !/[\r\n]/.test(text)) query.set("q", text);
    if (this.#python.value.trim()) query.set("python", this.#python.value.trim());
    for (const handler of this.#catching()) query.append("catching", handler);
    const fragment = query.size ? `#${query.toString()}` : "";
    if (location.search || fragment !== location.hash) history.replaceState(null, "", `${location.pathname}${fragment}`);
  }
}

/** What a text comes to; each requirement once, in the order of their lines. */
function report(knowledge: Knowledge, { name, manifest }: Source, python: string, catching: readonly string[]): Report {
  const { kind, entries, problems } = manifest;
  const judged = entries.map((entry) => judge(knowledge, entry, python || manifest.python, catching));
  const once = new Map(judged.map((subject): [string, Subject] => [JSON.stringify(subject), subject]));
  const subjects = [...once.values()].sort((one, other) => one.line - other.line);
  return { name, kind, subjects, problems };
}

function nothing(reports: readonly Report[], target: Target): HTMLElement {
  const kinds = [...new Set(reports.map(fileOf))].join(", ");
  return element(
    "div", { class: "empty" },
    element("p", {}, `No requirement on ${target.package} was found; read as: ${kinds}.`),
    element("p", { class: "note" }, ...sentence(`Write one as \`${target.package}>=0.40,<1\`, or drop the file that locks it.`)),
  );
}

/** The command that says the same, to be copied. */
function terminal(reports: readonly Report[], catching: readonly string[], program: string): HTMLElement {
  const words = command(reports, catching, program);
  // A line breaks between words only: an option that is broken at its hyphens is hard to read.
  const code = element("code", {}, ...words.flatMap((word) => [element("span", {}, word), " "]));
  const copy = button("Copy", () => {
    void navigator.clipboard.writeText(words.join(" ")).then(
      () => (copy.textContent = "Copied"),
      () => getSelection()?.selectAllChildren(code),
    );
  });
  const typed = reports.find((one) => !one.name);
  const note = typed ? [element("p", { class: "note" }, `With the text above in ${fileOf(typed)}.`)] : [];
  const title = element("h3", {}, "The same in a terminal");
  return element("div", { class: "terminal" }, title, element("pre", {}, code), copy, ...note);
}
