/** Show the bars of all handlers for the chosen release, and rank them again. */

import { address, need, readJson } from "./dom.ts";
import { hearRelease, meantRelease, storeRelease, tellRelease } from "./session.ts";

interface Lane {
  versions: string[];
  /** Handler to its runs, newest first: the number of newer releases, then the scenarios with each outcome. */
  handlers: Record<string, number[][]>;
}

interface Outcomes {
  outcomes: string[];
  lanes: Record<string, Lane>;
}

const sum = (counts: readonly number[]): number => counts.reduce((before, count) => before + count, 0);

export async function chooseRelease(): Promise<void> {
  const page = document.querySelector<HTMLElement>("[data-ways]");
  if (!page) return;
  const form = need<HTMLFormElement>(page, "form");
  const release = need<HTMLSelectElement>(form, "[name=release]");
  const lane = need<HTMLSelectElement>(form, "[name=lane]");
  const status = need(form, "[data-status]");
  const loaded = await readJson<Outcomes>(page.dataset["ways"] ?? "").catch(() => null);
  if (!loaded) return;
  const data = loaded;
  const asked = new URL(location.href).searchParams;

  function offer(chosen: string): void {
    const { versions } = data.lanes[lane.value]!;
    release.replaceChildren(...versions.map((version) => new Option(version)));
    release.value = versions.includes(chosen) ? chosen : (versions[0] ?? "");
  }

  function show(): void {
    const { versions, handlers } = data.lanes[lane.value]!;
    const place = versions.indexOf(release.value);
    const first = lane.selectedIndex === 0;
    let scenarios = 0;
    for (const row of page!.querySelectorAll<HTMLElement>("[data-way]")) {
      const runs = handlers[row.dataset["way"]!] ?? [];
      const run = runs.findLast(([newer]) => newer! <= place) ?? [];
      const [newer = 0, ...counts] = run;
      const whole = sum(counts);
      const isNewest = first && run === runs.find(([, ...each]) => sum(each) > 0);
      const anchor = `${first ? "" : `${lane.value}-`}on-${versions[newer]}`;
      scenarios = Math.max(scenarios, whole);
      row.dataset["harm"] = String(whole ? whole - (counts[0] ?? 0) : Infinity);
      let before = 0;
      data.outcomes.forEach((outcome, number) => {
        const count = counts[number] ?? 0;
        for (const part of row.querySelectorAll(`[data-outcome=${outcome}]`)) {
          const link = part.closest("a") ?? need(part, "a");
          link.setAttribute("href", `${row.dataset["way"]}/#${isNewest ? outcome : whole ? `${anchor}-${outcome}` : anchor}`);
          const rect = part.querySelector("rect");
          rect?.setAttribute("x", `${whole ? (100 * before) / whole : 0}%`);
          rect?.setAttribute("width", `${whole ? (100 * count) / whole : 0}%`);
          if (part instanceof HTMLElement) {
            part.hidden = count === 0;
            need(part, "[data-count]").textContent = String(count);
          }
        }
        before += count;
      });
    }
    status.textContent = scenarios ? "" : `No handler was run on ${release.value}: no call can be made.`;
    const texts = { scenarios: `${scenarios} scenarios`, release: release.value, lane: lane.selectedIndex ? "with the dependencies of its day" : "with today’s dependencies" };
    for (const [name, text] of Object.entries(texts)) {
      const shown = page!.querySelector(`[data-${name}]`);
      if (shown) shown.textContent = text;
    }
    rank();
  }

  function rank(): void {
    const harm = (each: Element): number => Number(each.querySelector<HTMLElement>("[data-way]")?.dataset["harm"]);
    for (const list of page!.querySelectorAll(".ways ol")) {
      list.append(...[...list.children].sort((a, b) => Number((a as HTMLElement).dataset["harm"]) - Number((b as HTMLElement).dataset["harm"])));
    }
    const groups = need(page!, "[data-groups]");
    groups.append(...[...groups.children].sort((a, b) => harm(a) - harm(b)));
  }

  lane.value = asked.get("lane") ?? lane.value;
  if (lane.selectedIndex < 0) lane.selectedIndex = 0;
  offer(meantRelease());
  form.hidden = false;
  if (release.selectedIndex || lane.selectedIndex) show();
  form.addEventListener("change", (event) => {
    if (event.target === lane) offer(release.value);
    address({ release: release.value, lane: lane.selectedIndex ? lane.value : "" });
    show();
    storeRelease(release.value);
    tellRelease(release.value);
  });
  hearRelease((version) => {
    if (version === release.value || ![...release.options].some((option) => option.value === version)) return;
    release.value = version;
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
}
