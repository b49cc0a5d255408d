/** The check page: its fields, its address, and the answers of the worker. */

import { type Shared } from "../site.ts";
import { type Question, type Report, type Source } from "./answer.ts";
import { DEADLINE, Judge, TooSlow } from "./asking.ts";
import { cards, command, fileOf, summary } from "./cards.ts";
import { element, inert, readJson, sentence } from "../dom.ts";
import { button, byId } from "./dom.ts";
import { type Example, type FactsDocument } from "./facts.ts";
import { UnreadableFile, textOf } from "./files.ts";
import { counted } from "./text.ts";
import { handlerIn, readState } from "../ask/state.ts";

/** Functions of the script of every page, which runs before this one. */
declare const shared: Shared;
/** Milliseconds without a key before the page judges. */
const PATIENCE = 200;
/** Milliseconds before the page says that it is still judging. */
const SILENCE = 300;
/** Characters of a requirement that the address may contain. It never contains a lock file, however short. */
const LONGEST_SHARED = 200;
/** A longer text becomes a file on the page: a browser takes seconds to lay out 100,000 lines of a field. */
const LONGEST_TYPED = { characters: 200_000, lines: 2_000 };

/** A source with the label that the page shows for it; each label exists once. */
interface Dropped extends Source {
  readonly label: string;
}

export function start(): void {
  const section = document.getElementById("check");
  if (section) new CheckPage(section).open();
}

class CheckPage {
  readonly #text = byId("text", HTMLTextAreaElement);
  readonly #python = byId("python", HTMLInputElement);
  readonly #client = byId("client", HTMLSelectElement);
  readonly #files = byId("files", HTMLInputElement);
  readonly #chosen = byId("chosen", HTMLElement);
  readonly #ways = byId("ways", HTMLDetailsElement);
  readonly #summary = byId("summary", HTMLElement);
  readonly #cards = byId("cards", HTMLElement);
  readonly #boxes: readonly HTMLInputElement[];
  readonly #section: HTMLElement;
  readonly #script = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";
  #facts: FactsDocument | undefined;
  #judge: Judge | undefined;
  /** Resolves when the facts are there, or can't be fetched. */
  #loading: Promise<void> | undefined;
  #dropped: readonly Dropped[] = [];
  #timer = 0;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#boxes = [...section.querySelectorAll<HTMLInputElement>("input[name=catching]")];
  }

  open(): void {
    this.#readAddress();
    this.#section.hidden = false;
    // On a wide screen, the handlers fit beside the results.
    this.#ways.open = matchMedia("(min-width: 64rem)").matches;
    this.#listen();
    this.#loading = this.#load();
  }

  async #load(): Promise<void> {
    this.#summary.textContent = "Fetching the measured facts …";
    try {
      this.#facts = await readJson<FactsDocument>(this.#section.dataset["facts"] ?? "");
      this.#judge = new Judge(this.#script, this.#facts);
    } catch {
      const isFile = location.protocol === "file:";
      this.#summary.replaceChildren(
        "The measured facts can't be fetched. ",
        ...sentence(
          isFile
            ? "Browsers fetch nothing for a page that is opened from a file: open the site with `matrix serve`."
            : "Reload the page, or run `matrix check` in a terminal.",
        ),
      );
      return;
    }
    await this.#update();
  }

  #listen(): void {
    const soon = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#update(), PATIENCE);
    };
    const form = this.#text.form;
    form?.addEventListener("input", soon);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#update().then(showVerdict);
    });
    this.#text.addEventListener("keyup", (event) => {
      if (event.key === "Enter") void this.#update();
    });
    this.#text.addEventListener("beforeinput", (event) => {
      const text = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
      if (!isLong(text)) return;
      event.preventDefault();
      void this.#add([{ name: "", label: `Pasted text, ${counted(lineCount(text), "line")}`, text }]);
    });
    this.#files.addEventListener("change", () => void this.#addFiles(this.#files.files));
    for (const name of ["dragover", "dragleave", "drop"] as const) {
      document.addEventListener(name, (event) => this.#drag(event));
    }
  }

  /** Accept files that are dropped anywhere: a browser would open a file that misses its field. */
  #drag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#section.classList.toggle("dropping", event.type === "dragover");
    if (event.type === "drop") void this.#addFiles(event.dataTransfer.files);
  }

  async #addFiles(list: FileList | null): Promise<void> {
    const files = [...(list ?? [])];
    this.#files.value = ""; // so that the user can choose the same file again after changing it
    if (!files.length) return;
    this.#summary.textContent = inert(`Reading ${files.map((file) => file.name).join(", ")} …`);
    await this.#add(await Promise.all(files.map(sourceOf)));
  }

  /** Add sources; each replaces an earlier one with its label. */
  async #add(sources: readonly Dropped[]): Promise<void> {
    const labels = new Set(sources.map((source) => source.label));
    this.#dropped = [...this.#dropped.filter((source) => !labels.has(source.label)), ...sources];
    await this.#loading;
    await this.#update();
  }

  /** Judge the fields, and show the answer. */
  async #update(): Promise<void> {
    clearTimeout(this.#timer);
    this.#writeAddress();
    const catching = this.#catching();
    byId("ways-chosen", HTMLElement).textContent = catching.length ? catching.join(", ") : "None chosen.";
    this.#chosen.replaceChildren(...this.#dropped.map((source) => this.#chip(source)));
    const python = this.#pythonSpecifier();
    if (!this.#facts || python === undefined) return;
    if (!this.#facts.releases.length) {
      this.#summary.textContent = "Nothing was measured, so nothing can be judged.";
      return;
    }
    const text = this.#text.value;
    const { releases, target } = this.#facts;
    const requirement = shared.requirementOf(text, releases.map(({ version }) => version), target.package);
    const sources = [...this.#dropped, ...(text.trim() ? [{ name: "", text: requirement }] : [])];
    await this.#ask({ sources, python, catching, client: this.#client.value }, this.#facts);
  }

  async #ask(question: Question, facts: FactsDocument): Promise<void> {
    this.#cards.ariaBusy = "true";
    const timer = setTimeout(() => (this.#summary.textContent = "Judging …"), SILENCE);
    try {
      const reports = await this.#judge?.ask(question);
      if (!reports) return; // the answer to a later question follows
      this.#show(reports, question, facts);
    } catch (error) {
      const why = error instanceof TooSlow ? `The page stopped after ${DEADLINE} seconds.` : "The page could not judge this text.";
      this.#summary.replaceChildren(...sentence(`${why} Save the text as a file, and run \`matrix check\` on it in a terminal.`));
      this.#cards.replaceChildren();
    } finally {
      clearTimeout(timer);
    }
    this.#cards.ariaBusy = null;
  }

  #show(reports: readonly Report[], question: Question, { generated_at: day, target }: FactsDocument): void {
    if (!reports.length) {
      this.#summary.textContent = "Nothing to judge yet.";
      this.#cards.replaceChildren(...this.#examples(target.examples ?? []));
      return;
    }
    this.#summary.textContent = summary(reports, day ?? "no day");
    const all = cards(reports, this.#section.dataset["releases"] ?? "");
    this.#cards.replaceChildren(...(all.length ? all : [empty(reports, target.package)]), terminal(reports, question, target.command));
  }

  #catching(): string[] {
    return this.#boxes.filter((box) => box.checked).map((box) => box.value);
  }

  /** Return the Python field as a specifier, empty for an empty field; undefined if it is not valid. */
  #pythonSpecifier(): string | undefined {
    const value = this.#python.value.trim();
    const isValid = /^3\.\d{1,2}(\.\d{1,2})?$/.test(value) || !value;
    this.#python.setAttribute("aria-invalid", String(!isValid));
    if (isValid) return value && `==${value.split(".").slice(0, 2).join(".")}`; // releases require a minor version
    this.#summary.textContent = inert(`“${value}” is not a Python version. Write MAJOR.MINOR, such as 3.12.`);
    this.#cards.replaceChildren();
    return undefined;
  }

  #chip({ label }: Dropped): HTMLElement {
    const remove = (): void => {
      this.#dropped = this.#dropped.filter((source) => source.label !== label);
      void this.#update();
      this.#files.focus();
    };
    return element("li", {}, label, button("✕", remove, `Remove ${label}`));
  }

  #examples(examples: readonly Example[]): HTMLElement[] {
    if (!examples.length) return [];
    const items = examples.map(({ text, catching = [] }) => {
      const [first = ""] = text.split("\n");
      const name = catching.length ? `${first} caught by ${catching.join(", ")}` : text.replace("\n", " with ");
      return element("li", {}, button(name, () => this.#try(text, catching)));
    });
    return [element("div", { class: "empty" }, element("p", {}, "Try an example:"), element("ul", {}, ...items))];
  }

  #try(text: string, catching: readonly string[]): void {
    this.#text.value = text;
    for (const box of this.#boxes) box.checked = catching.includes(box.value);
    void this.#update();
    this.#text.focus();
  }

  /** Fill the fields from the fragment, which no browser sends, or from the query of an older link. */
  #readAddress(): void {
    const query = new URLSearchParams(location.hash.slice(1) || location.search);
    const { state } = readState();
    if (!query.has("q") && state.release) { // the question of the bar
      query.set("q", state.release);
      query.set("client", state.client);
      query.append("catching", handlerIn(state));
    }
    this.#text.value = query.get("q") ?? "";
    this.#python.value = query.get("python") ?? "";
    this.#client.value = query.get("client") ?? "";
    if (this.#client.selectedIndex < 0) this.#client.value = ""; // the address names no client of this package
    const unknown = query.get("client") !== this.#client.value ? query.get("client") ?? "" : "";
    byId("client-unknown", HTMLElement).textContent = unknown && shared.noClient(unknown, this.#client.selectedOptions[0]?.text ?? "");
    const chosen = query.getAll("catching");
    for (const box of this.#boxes) box.checked = chosen.includes(box.value);
  }

  #writeAddress(): void {
    const text = this.#text.value.trim();
    const query = new URLSearchParams();
    if (text && text.length <= LONGEST_SHARED && !/[\r\n]/.test(text)) query.set("q", text);
    if (this.#python.value.trim()) query.set("python", this.#python.value.trim());
    if (this.#client.value) query.set("client", this.#client.value);
    for (const handler of this.#catching()) query.append("catching", handler);
    const fragment = query.size ? `#${query.toString()}` : "";
    const search = new URLSearchParams(location.search); // the question of the bar, and fields of an older link
    for (const name of ["q", "python", "catching"]) search.delete(name);
    const address = `${location.pathname}${search.size ? `?${search.toString()}` : ""}${fragment}`;
    if (address !== `${location.pathname}${location.search}${location.hash}`) history.replaceState(null, "", address);
  }
}

/** Scroll to the verdict: the button stands below a long form. */
function showVerdict(): void {
  const verdict = byId("verdict", HTMLElement);
  const { top, bottom } = verdict.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) verdict.scrollIntoView();
}

async function sourceOf(file: File): Promise<Dropped> {
  const { name } = file;
  try {
    return { name, label: name, text: await textOf(file) };
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    return { name, label: name, text: "", problem: { line: 0, message: error.message, hint: error.hint } };
  }
}

function isLong(text: string): boolean {
  return text.length > LONGEST_TYPED.characters || lineCount(text) > LONGEST_TYPED.lines;
}

function lineCount(text: string): number {
  return text.split("\n").length;
}

function empty(reports: readonly Report[], name: string): HTMLElement {
  const kinds = [...new Set(reports.map(fileOf))].join(", ");
  return element(
    "div", { class: "empty" },
    element("p", {}, `The page read ${kinds} and found no requirement on ${name}.`),
    element("p", { class: "note" }, ...sentence(`Write a requirement such as \`${name}>=0.40,<1\`, or drop a lock file.`)),
  );
}

/** Make the command that prints the same, with a button that copies it. */
function terminal(reports: readonly Report[], question: Question, program: string): HTMLElement {
  const words = command(reports, question, program);
  // A line breaks between words only: an option that is broken at its hyphens is hard to read.
  const code = element("code", {}, ...words.flatMap((word) => [element("span", {}, word), " "]));
  const copy = button("Copy", () => {
    void navigator.clipboard.writeText(words.join(" ")).then(
      () => (copy.textContent = "Copied"),
      () => getSelection()?.selectAllChildren(code),
    );
  });
  const unnamed = reports.find((report) => !report.name);
  const typed = question.sources.find((source) => !source.name)?.text ?? "";
  const isLine = !/[\r\n]/.test(typed.trim()) && typed.length <= LONGEST_SHARED;
  const saved = isLine ? ["the line ", element("code", {}, typed.trim())] : ["the text"];
  const note = unnamed ? [element("p", { class: "note" }, "First save ", ...saved, ` as ${fileOf(unnamed)}.`)] : [];
  const title = element("h3", {}, "Run the same check in a terminal");
  return element("div", { class: "terminal" }, title, element("pre", {}, code), copy, ...note);
}
