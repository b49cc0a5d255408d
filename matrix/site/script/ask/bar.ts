/**
 * The question bar of every page: its fields, the address and the session that keep them, and the answer.
 *
 * The data is fetched from this site on first use, once for each client. What the visitor writes leaves the browser
 * only if the visitor shares the address.
 */

import { chip } from "../chip.ts";
import { element, inert, need, readJson, sentence } from "../dom.ts";
import { offerCopiesIn } from "../copy.ts";
import { hearRelease, tellRelease } from "../session.ts";
import { extrasIn, releasesOf } from "../spelling.ts";
import { type Answer, type Problem, answer } from "./answer.ts";
import { oneLine } from "./catching.ts";
import { type AskDocument, pageOfEvidence } from "./document.ts";
import { readPasted } from "./pasted.ts";
import { FIELDS, type Field, type State, addressed, keep, readState, storeHandler } from "./state.ts";

/** Milliseconds without a key before the bar answers. */
const PATIENCE = 250;
/** On a window this wide, the fields stand on one line and are never folded. */
const WIDE = "(min-width: 64rem)";

export function offerQuestions(): void {
  const root = document.querySelector<HTMLElement>("[data-ask]");
  if (root) new Bar(root).open();
}

class Bar {
  readonly #root: HTMLElement;
  readonly #form: HTMLFormElement;
  readonly #fields: HTMLDetailsElement;
  readonly #summary: HTMLElement;
  readonly #answer: HTMLElement;
  readonly #status: HTMLElement;
  readonly #documents = new Map<string, Promise<AskDocument>>();
  /** The question that the visitor submitted last; a change of it is a new entry in the browser's history. */
  #submitted = "";
  /** Why a pasted text is no release, and the field that the visitor left as it was. */
  #refused = { release: "", message: "" };
  #filled = "";
  /** The client that the visitor chose, and the one that the extras of the release name; empty for the first-party one. */
  #chosen = "";
  #named = "";
  #told = "";
  #timer = 0;
  #latest = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#form = need<HTMLFormElement>(root, "form");
    this.#fields = need<HTMLDetailsElement>(root, "[data-ask-fields]");
    this.#summary = need<HTMLElement>(root, "[data-ask-state]");
    this.#answer = need<HTMLElement>(root, "[data-ask-answer]");
    this.#status = need<HTMLElement>(root, "[role=status]");
  }

  open(): void {
    const { state, isShared } = readState();
    this.#restore(state);
    const isAsked = FIELDS.some((name) => state[name]);
    this.#fold(isAsked);
    // An answer that the visitor brings from another page is not what this page is for.
    this.#answer.classList.toggle("brief", !isShared);
    matchMedia(WIDE).addEventListener("change", () => this.#fold(false));
    this.#form.addEventListener("focusin", () => void this.#fill(), { once: true });
    this.#form.addEventListener("input", (event) => {
      this.#answer.classList.remove("brief");
      if (event.target === this.#field("release")) this.#followExtras();
      if (event.target === this.#field("client")) this.#chosen = this.#field("client").value;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#update(), PATIENCE);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer.classList.remove("brief");
      void this.#update().then(() => {
        this.#submitted = JSON.stringify(this.#read());
        this.#reveal();
      });
    });
    addEventListener("popstate", () => this.#goBack());
    this.#form.addEventListener("paste", (event) => this.#paste(event));
    hearRelease((version) => this.#hear(version));
    if (isAsked) void this.#update();
  }

  /** Answer the question of an earlier entry in the browser's history. */
  #goBack(): void {
    const state = addressed();
    if (JSON.stringify(state) === JSON.stringify(this.#read())) return; // another part of the page went back
    this.#submitted = "";
    this.#restore(state);
    void this.#update();
  }

  /** Answer for the release that the visitor chose in another part of the page. */
  #hear(version: string): void {
    if (version === this.#told) return;
    this.#told = version;
    this.#field("release").value = version;
    void this.#update();
  }

  /** Fold the fields on a narrow window; the first page begins with them, unless the question was asked. */
  #fold(isAsked: boolean): void {
    this.#fields.open = matchMedia(WIDE).matches || (this.#root.classList.contains("first") && !isAsked);
    this.#fields.classList.add("ready");
  }

  /** Bring the answer into view: on a narrow window, the fields fill the screen above it. */
  #reveal(): void {
    if (matchMedia(WIDE).matches) return;
    this.#fields.open = false;
    this.#root.scrollIntoView();
    need<HTMLElement>(this.#fields, "summary").focus();
  }

  #field(name: Field): HTMLInputElement | HTMLSelectElement {
    return need<HTMLInputElement | HTMLSelectElement>(this.#form, `[name=${name}]`);
  }

  #read(): State {
    const state = Object.fromEntries(FIELDS.map((name) => [name, this.#field(name).value.trim()]));
    return state as Record<Field, string>;
  }

  #write(state: State): void {
    for (const name of FIELDS) {
      const field = this.#field(name);
      const value = state[name];
      // The choices are fetched later, so a chosen one may not be there yet.
      if (value && name === "fails" && field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value)) {
        field.append(element("option", { value }, value));
      }
      field.value = value;
      if (field instanceof HTMLSelectElement && field.selectedIndex < 0) field.selectedIndex = 0; // no client of this package
    }
  }

  /** Fill the fields with a kept question; a client that its extras name was not chosen by the visitor. */
  #restore(state: State): void {
    this.#write(state);
    this.#named = this.#clientOfExtras();
    const { value } = this.#field("client");
    this.#chosen = value === this.#named ? "" : value;
  }

  /** Choose the client of the extras in the release field, and again the visitor's own when these extras go. */
  #followExtras(): void {
    const named = this.#clientOfExtras();
    if (named !== this.#named) this.#field("client").value = named || this.#chosen;
    this.#named = named;
  }

  /** Return the client that the extras in the release field name: `anthropic[bedrock]` means Bedrock's. */
  #clientOfExtras(): string {
    const extras = extrasIn(this.#field("release").value, this.#root.dataset["package"] ?? "");
    const { options } = this.#field("client") as HTMLSelectElement;
    return [...options].find(({ dataset }) => dataset["extra"] && extras.includes(dataset["extra"]))?.value ?? "";
  }

  /** Keep the question in the address and in the session, and answer it. */
  async #update(): Promise<void> {
    clearTimeout(this.#timer);
    const state = this.#read();
    const isNew = this.#submitted !== "" && this.#submitted !== JSON.stringify(state);
    if (isNew) this.#submitted = "";
    keep(state, isNew);
    this.#summary.textContent = inert(["release", "catch"].map((name) => state[name as Field]).filter(Boolean).join(" · "));
    const mine = ++this.#latest;
    if (this.#refused.message && this.#refused.release === state.release) return this.#say(this.#refused.message);
    this.#refused.message = "";
    if (!FIELDS.some((name) => state[name])) {
      this.#answer.replaceChildren();
      this.#status.textContent = "";
      return;
    }
    try {
      const facts = await this.#fetch(state.client);
      if (mine !== this.#latest) return;
      this.#choices(facts);
      const result = answer(state, facts);
      if ("handler" in result) storeHandler(state, result.handler);
      this.#show(result, facts);
    } catch {
      if (mine !== this.#latest) return;
      const why = location.protocol === "file:" ? "open the site with `matrix serve`" : "reload the page";
      this.#say(`The measured facts can't be fetched: ${why}.`);
    }
  }

  #fetch(client: string): Promise<AskDocument> {
    const name = client || (this.#root.dataset["client"] ?? "");
    const known = this.#documents.get(name);
    if (known) return known;
    const asked = readJson<AskDocument>(`${this.#root.dataset["documents"] ?? ""}${encodeURIComponent(name)}.json`);
    this.#documents.set(name, asked);
    asked.catch(() => this.#documents.delete(name));
    return asked;
  }

  /** Fetch the choices of the fields when the visitor first enters one. */
  async #fill(): Promise<void> {
    try {
      this.#choices(await this.#fetch(this.#read().client));
    } catch {
      // The answer says that nothing can be fetched.
    }
  }

  /** Offer the releases, the handlers and the failures of a client. */
  #choices(facts: AskDocument): void {
    if (this.#filled === facts.client) return;
    this.#filled = facts.client;
    const versions = [...facts.versions].reverse().map((value) => element("option", { value }));
    need(this.#root, "#ask-releases").replaceChildren(...versions);
    const handlers = facts.handlers.map(({ line, title }) => element("option", { value: line, label: title }));
    need(this.#root, "#ask-handlers").replaceChildren(...handlers);
    const fails = this.#field("fails") as HTMLSelectElement;
    const chosen = fails.value;
    const first = fails.options[0]!;
    const others = facts.headlines.filter((number) => number !== facts.default).flatMap((number) => facts.scenarios[number] ?? []);
    const groups = [...new Set(facts.scenarios.map(({ group }) => group))];
    fails.replaceChildren(
      first,
      ...others.map(({ id, headline = "" }) => element("option", { value: id }, headline)),
      ...groups.map((group) =>
        element(
          "optgroup", { label: group },
          ...facts.scenarios.filter((each) => each.group === group).map(({ id, title }) => element("option", { value: id }, title)),
        ),
      ),
    );
    this.#write({ ...this.#read(), fails: chosen });
  }

  /** Join the lines of pasted code, and read a pasted lock; a field of one line would join them without a space. */
  #paste(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\r\n]/.test(text.trim()) || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    this.#answer.classList.remove("brief");
    const field = event.target;
    if (field.name === "release") {
      void this.#pasteLock(field, text);
    } else {
      field.value = oneLine(text);
      void this.#update();
    }
  }

  async #pasteLock(field: HTMLInputElement, text: string): Promise<void> {
    let message = "The pasted text can't be read: reload the page.";
    try {
      const pasted = await readPasted(this.#root.dataset["reader"] ?? "", text, await this.#fetch(this.#read().client));
      if ("text" in pasted) field.value = pasted.text;
      message = "refusal" in pasted ? pasted.refusal : "";
    } catch {
      // The message says so.
    }
    this.#refused = { release: field.value.trim(), message };
    this.#followExtras();
    await this.#update();
  }

  #show(result: Answer | Problem, facts: AskDocument): void {
    const release = this.#field("release");
    release.setAttribute("aria-invalid", String("problem" in result && releasesOfField(release.value, facts) === 0));
    if ("problem" in result) return this.#say(result.problem);
    const { chip: { style, word }, says, more, pin, fix } = result;
    this.#status.textContent = inert(`${word}: ${says}`.replaceAll("`", ""));
    const said = element("div", { class: "ask-said" }, element("p", { class: "ask-says" }, chip(`${style} said`, word), " ", ...sentence(says)));
    if (this.#answer.classList.contains("brief")) said.append(this.#whole());
    if (more.length) said.append(element("p", { class: "note" }, ...sentence(more.join(" "))));
    if (pin) said.append(element("p", { class: "ask-pin" }, "Pin ", element("code", {}, pin.text.replaceAll("\n", " ")), ". ", pin.says));
    said.append(this.#links(result, facts));
    this.#answer.replaceChildren(said, ...(fix ? [this.#fix(fix, result, facts)] : []));
    if (this.#told === result.version) return;
    this.#told = result.version;
    tellRelease(result.version);
  }

  /** Say in a sentence why there is no answer. */
  #say(problem: string): void {
    this.#answer.replaceChildren(element("p", {}, ...sentence(problem)));
    this.#status.textContent = inert(problem.replaceAll("`", ""));
  }

  /** Make the button that shows what a brief answer leaves out. */
  #whole(): HTMLElement {
    const button = element("button", { type: "button", class: "ask-whole" }, "Whole answer");
    button.addEventListener("click", () => {
      this.#answer.classList.remove("brief");
      need<HTMLElement>(this.#answer, "a").focus();
      button.remove();
    });
    return button;
  }

  #fix({ id, code }: NonNullable<Answer["fix"]>, { version }: Answer, { catch: word }: AskDocument): HTMLElement {
    const root = this.#root.dataset["root"] ?? "";
    const label = `Write this instead on ${version}`;
    const comment = `${word === "except" ? "#" : "//"} Only if you have shown nothing yet:`;
    const text = code.trimEnd().replace(/\n{3,}/g, "\n\n").replace(/^( *)(return "retry";?)$/gm, `$1${comment}\n$1$2`);
    const fix = element(
      "div", { class: "ask-fix" },
      element("p", {}, element("strong", {}, "Write this"), " (", element("a", { href: `${root}handlers/${encodeURIComponent(id)}/` }, id), "). ", ...sentence('`create()` stands for your call. Where the code returns `"retry"`, make the call again:')),
      element("div", { class: "command" }, element("pre", { class: "source", tabindex: "0", "aria-label": label }, element("code", {}, text))),
    );
    offerCopiesIn(fix);
    return fix;
  }

  #links({ version, other, scenario, handler }: Answer, facts: AskDocument): HTMLElement {
    const root = this.#root.dataset["root"] ?? "";
    const links: [href: string, text: string][] = [[root + pageOfEvidence(facts, version, scenario), "Evidence"]];
    if (other) {
      const query = new URLSearchParams({ a: version, b: other });
      links.push([`${root}compare/?${query.toString()}`, `What changes from ${version} to ${other}`]);
    }
    if (facts.has_check) {
      const query = new URLSearchParams({ q: this.#field("release").value.trim() || version });
      if (handler) query.set("catching", handler);
      if (facts.client !== facts.clients[0]?.name) query.set("client", facts.client);
      links.push([`${root}check/#${query.toString()}`, "Check it against all rules"]);
    }
    if (handler) links.push([`${root}handlers/${encodeURIComponent(handler)}/`, "This handler on every release"]);
    return element("ul", { class: "links" }, ...links.map(([href, text]) => element("li", {}, element("a", { href }, text))));
  }
}

function releasesOfField(text: string, facts: AskDocument): number {
  return text.trim() ? releasesOf(text, facts.versions, facts.package).length : 1;
}
