/** Elements of the check page; those of all pages are in `../dom.ts`. */

import { element } from "../dom.ts";

/** Turn a sentence with code in backquotes into nodes. */
export function sentence(text: string): (Node | string)[] {
  const parts = text.split("`");
  // With an odd number of backquotes, one is a character of the user's text.
  return parts.length % 2 ? parts.map((part, index) => (index % 2 ? element("code", {}, part) : part)) : [text];
}

/** Make a button, with another label for screen readers if its text is a symbol. */
export function button(text: string, pressed: () => void, label = text): HTMLButtonElement {
  const made = element("button", { type: "button", ...(label === text ? {} : { "aria-label": label }) }, text);
  made.addEventListener("click", pressed);
  return made;
}

/** Return the element of this page with an id; throws if it is missing or of another kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const node = document.getElementById(id);
  if (!(node instanceof kind)) throw new Error(`This page has no ${kind.name} of id ${id}.`);
  return node;
}
