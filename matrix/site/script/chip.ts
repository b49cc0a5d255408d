/** Make a chip like those that the templates make: a sign, the verdict for screen readers, and words. */

import { element } from "./dom.ts";

/** Mark to its sign and its title. */
export type Marks = Record<string, [sign: string, title: string]>;

export function chipOf(marks: Marks, mark: string, words: string): HTMLElement {
  const [sign, title] = marks[mark] ?? ["", mark];
  const spoken = words === title ? [] : [element("span", { class: "sr" }, `${title}: `)];
  return element(
    "span",
    { class: `chip m-${mark}` },
    element("span", { class: "sign", "aria-hidden": "true" }, sign),
    element("span", {}, ...spoken, words),
  );
}
