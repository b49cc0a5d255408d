// Open pages in Firefox by WebDriver BiDi, and print what a reader would notice, one line of JSON for each page.
// Arguments: the path of Firefox, the width of the window in pixels, and the addresses.
import puppeteer from "puppeteer-core";

const [program, width, ...addresses] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath: program, headless: true });
try {
  for (const address of addresses) {
    const page = await browser.newPage();
    const complaints = [];
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.setViewport({ width: Number(width), height: 800 });
    await page.goto(address, { waitUntil: "load" });
    const noticed = await page.evaluate(async () => {
      await document.fonts.ready;
      const root = document.documentElement;
      return {
        heading: document.querySelector("h1")?.textContent.trim() ?? "",
        overflow: root.scrollWidth - root.clientWidth,
        isStyled: getComputedStyle(document.body).marginTop === "0px" && document.fonts.check("16px Plex"),
        isScripted: !document.querySelector("[data-theme-switch]").hidden,
      };
    });
    console.log(JSON.stringify({ address, complaints, ...noticed }));
    await page.close();
  }
} finally {
  await browser.close();
}
