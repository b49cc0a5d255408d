"""Draws card.html as a picture, with the Chromium that CHROMIUM names: `python docs/card/draw.py FILE`."""

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent

with (
    sync_playwright() as driver,
    driver.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"]) as browser,
):
    page = browser.new_page(viewport={"width": 1200, "height": 630})
    page.goto((HERE / "card.html").as_uri())
    page.evaluate("document.fonts.ready")
    drawn = Image.open(io.BytesIO(page.screenshot()))
drawn.quantize(dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
