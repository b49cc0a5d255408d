/** Make a chip like those that the templates make: words; the style draws the sign, and says the verdict to screen readers. */

import { element } from "./dom.ts";

/** Mark to its sign and its title. */
export type Marks = Record<string, [sign: string, title: string]>;

export function chipOf(marks: Marks, mark: string, words: string): HTMLElement {
  const [, title] = marks[mark] ?? ["", mark];
  return chip(words === title ? `m-${mark} said` : `m-${mark}`, words);
}

/** Make a chip of any style. */
export function chip(style: string, words: string): HTMLElement {
  return element("span", { class: `chip ${style}` }, words);
}
