/** Load the scenarios of a group when a reader opens it: the page of a release that behaves alike lists them. */

import { element, need, readPage } from "./dom.ts";
import { canLoad } from "./evidence.ts";

export function loadGroups(): void {
  if (!canLoad()) return;
  for (const group of document.querySelectorAll<HTMLDetailsElement>(".elsewhere .group")) {
    group.addEventListener("toggle", () => void fill(group));
  }
}

async function fill(group: HTMLDetailsElement): Promise<void> {
  if (!group.open || group.dataset["loaded"] !== undefined) return;
  group.dataset["loaded"] = "";
  const sign = element("p", { class: "loading", role: "status" }, "Loading the scenarios …");
  group.append(sign);
  try {
    const page = await readPage(need<HTMLAnchorElement>(group, "a[href]").href);
    const parts = [...(page.getElementById(group.id)?.children ?? [])].slice(1); // without the summary
    if (!parts.length) throw new Error(`The page has no ${group.id}.`);
    group.replaceChildren(group.querySelector("summary")!, ...parts.map((part) => document.adoptNode(part)));
  } catch {
    delete group.dataset["loaded"];
    sign.textContent = "They could not be loaded.";
  }
}
