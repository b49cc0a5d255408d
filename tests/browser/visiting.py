"""Pages in Chromium, one at a time; and their complaints."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

WIDE: Final = 1400
"""Pixels of an ordinary window."""

HEIGHT: Final = 900


class Visits:
    """Opens pages, and records their complaints: logged and raised errors, and requests to other hosts.

    Args:
        browser: Browser of the pages.

    Attributes:
        complaints: Complaints of all pages so far, each with the address of its page.
    """

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._context: BrowserContext | None = None

    def __call__(
        self,
        address: str,
        *,
        width: int = WIDE,
        scheme: Literal["light", "dark"] = "light",
        script: bool = True,
        policy: bool = True,
    ) -> Page:
        """Leave the current page, open another page in a context of its own, and wait until it is loaded.

        Args:
            address: Its address.
            width: Width of the window.
            scheme: Colour scheme that the reader prefers.
            script: Whether scripts run.
            policy: Whether the page's content security policy holds; without it, only escaping protects.
        """
        self.leave()
        self._context = self._browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            java_script_enabled=script,
            bypass_csp=not policy,
        )
        page = self._context.new_page()
        origin = "/".join(address.split("/")[:3])

        def hear_message(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(f"{page.url} logged: {message.text}")

        def hear_request(request: Request) -> None:
            if not request.url.startswith((f"{origin}/", "data:", "blob:")):
                self.complaints.append(f"{page.url} asked for {request.url}")

        page.on("console", hear_message)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url} raised: {error}"))
        page.on("request", hear_request)
        page.goto(address)
        return page

    def each(self, addresses: Iterable[str], **reader: Any) -> Iterator[Page]:
        """Open pages one after another in one context, which takes half the time of a context for each.

        Args:
            addresses: Their addresses.
            reader: The width, the scheme and the others of one page.
        """
        page = None
        for address in addresses:
            if page is None:
                page = self(address, **reader)
            else:
                page.goto(address)
            yield page

    def leave(self) -> None:
        """Close the page that is open."""
        if self._context is not None:
            self._context.close()
            self._context = None
