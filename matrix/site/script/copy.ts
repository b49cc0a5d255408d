/** Add buttons that copy a command, code, or the address of an entry. */

import { element } from "./dom.ts";

export function offerCopies(): void {
  offerCopiesIn(document);
  document.querySelector("dialog")?.addEventListener("filled", (event) => offerCopiesIn(event.target as Element));
}

/** Add the buttons to a part of the page. */
export function offerCopiesIn(root: ParentNode): void {
  if (!navigator.clipboard) return;
  for (const pre of root.querySelectorAll<HTMLElement>(".command pre:not(:has(+ .copy))")) {
    pre.after(...button("Copy", () => pre.textContent ?? ""));
  }
  for (const link of root.querySelectorAll<HTMLAnchorElement>("a[data-permalink]:not(:has(+ .copy))")) {
    link.after(...button("Copy link", () => link.href));
  }
}

function button(label: string, text: () => string): [HTMLButtonElement, HTMLElement] {
  const copy = element("button", { type: "button", class: "copy" }, label);
  const status = element("span", { class: "sr", role: "status" });
  copy.addEventListener("click", async () => {
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      done = "Copying is blocked";
    }
    copy.textContent = status.textContent = done;
    setTimeout(() => {
      copy.textContent = label;
      status.textContent = "";
    }, 2000);
  });
  return [copy, status];
}
