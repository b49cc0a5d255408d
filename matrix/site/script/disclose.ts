/** Open the entry that the address names, and close the one with the focus on Escape. */

export function disclose(): void {
  openNamed();
  addEventListener("hashchange", openNamed);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    const open = document.activeElement?.closest<HTMLDetailsElement>("details[open]:not([data-ask-fields])");
    if (!open) return;
    open.open = false;
    open.querySelector("summary")?.focus();
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      if (!menu.contains(event.target as Node)) menu.open = false;
    }
  });

  for (const entry of document.querySelectorAll<HTMLDetailsElement>("details.entry")) {
    entry.addEventListener("toggle", () => {
      // An entry that opened because the address names a part of it keeps that address.
      if (entry.open && !entry.querySelector(":target")) history.replaceState(history.state, "", `#${entry.id}`);
    });
  }
}

function openNamed(): void {
  const named = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const entry = named?.closest("details");
  if (entry && !entry.open) {
    entry.open = true;
    named?.scrollIntoView();
  }
}
