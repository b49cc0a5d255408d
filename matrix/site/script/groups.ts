/**
 * Load what is folded when a reader opens it: the scenarios of a group, which the page of a release that behaves alike
 * lists, and the details of a failure of all packages.
 */

import { element, need, readPage } from "./dom.ts";
import { canLoad } from "./evidence.ts";

export function loadGroups(): void {
  if (!canLoad()) return;
  for (const group of document.querySelectorAll<HTMLDetailsElement>(".elsewhere :is(.group, .entry)")) {
    group.addEventListener("toggle", () => void fill(group));
  }
}

async function fill(group: HTMLDetailsElement): Promise<void> {
  if (!group.open || group.dataset["loaded"] !== undefined || group.querySelector("table")) return;
  group.dataset["loaded"] = "";
  const sign = element("p", { class: "loading", role: "status" }, "Loading …");
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
