/** Make elements from text only: no function here parses markup. */

/** Return the first element of a selector; throws if the page has none. */
export function need<T extends Element>(root: ParentNode, selector: string): T {
  const match = root.querySelector<T>(selector);
  if (!match) throw new Error(`This page has no ${selector}.`);
  return match;
}

/** Make an element with attributes and children; a text child is never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.map((child) => (typeof child === "string" ? inert(child) : child)));
  return made;
}

/** Turn a sentence with code in backquotes into nodes. */
export function sentence(text: string): (Node | string)[] {
  const parts = text.split("`");
  // With an odd number of backquotes, one is a character of the user's text.
  return parts.length % 2 ? parts.map((part, index) => (index % 2 ? element("code", {}, part) : part)) : [text];
}

/** Change the query of the address, with a new entry in the browser's history only if asked; leave out empty values. */
export function address(query: Record<string, string>, isNew = false): void {
  const href = withQuery(location.href, query);
  if (isNew) history.pushState(null, "", href);
  else history.replaceState(history.state, "", href);
}

/** Keep values in the query of each link that keeps what the visitor chose. */
export function keep(query: Record<string, string>): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".segments a, .menu a")) link.href = withQuery(link.href, query);
}

function withQuery(href: string, query: Record<string, string>): string {
  const url = new URL(href);
  for (const [name, value] of Object.entries(query)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  return url.href;
}

/** Escape control characters and characters that change the direction of a line or have no width. */
export function inert(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu,
    (each) => (each === "\n" || each === "\t" ? each : `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`),
  );
}

/** Fetch a JSON document of this site; throws if it can't be had. */
export async function readJson<T>(url: string): Promise<T> {
  return (await (await fetchFile(url)).json()) as T;
}

/** Fetch a page of this site; throws if it can't be had. */
export async function readPage(url: string | URL): Promise<Document> {
  return new DOMParser().parseFromString(await (await fetchFile(url)).text(), "text/html");
}

async function fetchFile(url: string | URL): Promise<Response> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer;
}
