/** Elements of this page alone; what all pages share is in `../dom.ts`. */

import { element } from "../dom.ts";

/** A sentence in which backquotes mean code. */
export function sentence(text: string): (Node | string)[] {
  const parts = text.split("`");
  // An odd one that nobody closed is a character of the user's.
  return parts.length % 2 ? parts.map((part, index) => (index % 2 ? element("code", {}, part) : part)) : [text];
}

export function button(text: string, pressed: () => void, label = text): HTMLButtonElement {
  const made = element("button", { type: "button", ...(label === text ? {} : { "aria-label": label }) }, text);
  made.addEventListener("click", pressed);
  return made;
}

/** The element of this page with an id, of a kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`This page has no ${kind.name} of id ${id}.`);
  return found;
}
