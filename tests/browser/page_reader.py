"""Check every page (tests/pages.py): axe finds nothing in light and dark, the console is empty, the page can be used by
keyboard, nothing is cut off on a phone or tablet, and nothing is left empty on paper.

A page is opened once for each person and then checked in every way, because opening it costs the most. People with many
pages have their own test modules, so that several processes share the work.
"""

from axe_playwright_python.sync_playwright import Axe
from django.test import override_settings
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.browser.conftest import AXE_OPTIONS, DESKTOP, PHONE, dialogs_of, tab_of, visit
from tests.pages import ERRORS, PAGES, Page, World, make_world

# A message from the browser itself about a page that is meant to be an error page.
EXPECTED = "the server responded with a status of"
WATCH_POLICY = """
    document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`CSP: ${event.violatedDirective} blocks ${event.blockedURI}`);
    });
"""
RUN_AXE = """([where, options]) => axe.run(where, options).then((found) => found.violations)"""
# Rules that are not about color give the same result in the dark.
RULES = {"light": {}, "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}}}
HEAD = "[document.querySelectorAll('h1').length, document.title, document.documentElement.lang]"
OPEN_ALL = "document.querySelectorAll('main details').forEach((details) => { details.open = true; })"
FOCUS_IS_SEEN = """() => {
    if (document.activeElement === document.body) return true;
    const style = getComputedStyle(document.activeElement);
    const box = document.activeElement.getBoundingClientRect();
    const ring = style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
    return ring && box.width > 1 && box.height > 1;
}"""
# Whether the page is no wider than the window, and whether the menu, if there is one, is entirely on the screen.
FITS = """() => {
    const menu = document.querySelector(".site-header .menu > summary");
    const box = menu && menu.getBoundingClientRect();
    return [
        document.documentElement.scrollWidth <= window.innerWidth,
        !menu || (box.width > 0 && box.left >= 0 && box.right <= window.innerWidth),
    ];
}"""
# Text has three weights, the sizes of the scale (docs/design.md) and one typeface. 11 and 12 pixels are for monograms,
# keys and step numbers.
ODD_TEXT = """() => [...document.querySelectorAll("body *")].filter((element) => {
    const isRead = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!isRead || !element.checkVisibility() || element.closest("svg, code, .font-monospace, noscript")) return false;
    const { fontSize, fontWeight, fontFamily } = getComputedStyle(element);
    const isOfScale = [11, 12, 13, 14, 15, 16, 17, 19, 22, 24, 28].includes(parseFloat(fontSize));
    return !isOfScale || !["400", "500", "600"].includes(fontWeight) || !fontFamily.startsWith("Inter");
}).map((element) => element.outerHTML.slice(0, 80))"""
FILLED = """() => [...document.querySelectorAll(".btn-primary, .btn-danger")].filter(
    (button) => button.checkVisibility() && !button.closest("dialog")
).map((button) => button.textContent.trim())"""
# A heading with nothing printed between it and the next one. A day of the calendar may be empty.
EMPTY_HEADINGS = """() => {
    const isSeen = (element) => element.getClientRects().length > 0;
    const level = (element) => (/^H[1-6]$/.test(element.tagName) ? Number(element.tagName[1]) : 7);
    const hasWords = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const all = [...document.querySelectorAll("main *")].filter(isSeen);
    const isEmpty = (heading) => {
        const after = all.slice(all.indexOf(heading) + 1).filter((element) => !heading.contains(element));
        const next = after.findIndex((element) => level(element) <= level(heading));
        const below = next < 0 ? after : after.slice(0, next);
        return !below.some((element) => hasWords(element) || element.matches("canvas, input"));
    };
    return all.filter((element) => element.matches("h2, h3") && !element.matches(".cal-date"))
        .filter(isEmpty).map((heading) => heading.innerText);
}"""
# The width at which the navigation first appears next to the menu, and a little more.
TABLETS = [768, 800, 830]
# A desktop at 400 %.
NARROW = 320
# Documentation of the API, rendered by Swagger UI, which is not ours.
FOREIGN = {"api"}


class Reader:
    """A person with a browser, who records everything that is wrong."""

    def __init__(self, tab: Tab, world: World) -> None:
        self.tab = tab
        self.world = world
        self.where = ""
        self.problems: list[str] = []
        # A dialog is the same on many pages.
        self.dialogs: dict[str, set[str]] = {scheme: set() for scheme in RULES}
        tab.add_init_script(WATCH_POLICY)
        # Not in the frames, because one of them shows a document that is not ours.
        tab.add_init_script(f"if (self === top) {{ {Axe().axe_script} }}")
        tab.on("console", lambda told: self._hear(told.type, told.text))
        tab.on("pageerror", lambda error: self._hear("error", str(error)))

    def read(self, page: Page, person: str) -> None:
        """Open the page, and check it in every way."""
        self.where = page.name
        # A color in transition would be mistaken for one that cannot be read.
        self.tab.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.tab.set_viewport_size(DESKTOP)
        visit(self.tab, page, self.world, person)
        self._check_head()
        self._check_keyboard()
        self._check_paper()  # after the focus, which is lost if its element is not printed
        self.tab.evaluate(OPEN_ALL)
        self._check_design()
        for scheme in ("light", "dark"):
            self.tab.emulate_media(color_scheme=scheme)
            self._check_with_axe(scheme)
            for dialog in dialogs_of(self.tab, self.dialogs[scheme]):
                self._check_with_axe(scheme, f"#{dialog}")
        for width in (NARROW, PHONE["width"], *TABLETS):
            self.tab.set_viewport_size({"width": width, "height": PHONE["height"]})
            self._check_width()

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and EXPECTED not in text:
            self._note(text)

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self.where}: {problem}")

    def _check_head(self) -> None:
        headings, title, language = self.tab.evaluate(HEAD)
        if headings != 1:
            self._note(f"{headings} headings of the first level")
        if not title.strip():
            self._note("no title")
        if not language:
            self._note("no language")

    def _check_design(self) -> None:
        """Check that there is one typeface in a few sizes, and at most one filled button."""
        if odd := self.tab.evaluate(ODD_TEXT):
            self._note(f"text in a size, weight or typeface of its own: {odd[:5]}")
        filled = self.tab.evaluate(FILLED)
        if len(filled) > 1:
            self._note(f"several filled buttons: {filled}")

    def _check_paper(self) -> None:
        self.tab.emulate_media(media="print")
        if headings := self.tab.evaluate(EMPTY_HEADINGS):
            self._note(f"nothing is printed under {headings}")
        if not self.tab.locator("main").inner_text().strip():
            self._note("nothing is printed")
        self.tab.emulate_media(media="screen")

    def _check_keyboard(self) -> None:
        """Check that the first Tab leads to the link that skips the navigation, and that the focused element shows the
        focus."""
        if self.tab.evaluate("document.activeElement !== document.body"):
            return  # the focus was moved to a dialog, or to the field with the error
        self.tab.keyboard.press("Tab")
        first = self.tab.evaluate("document.activeElement.className")
        if "skip-link" not in first and self.tab.locator("nav").count():
            self._note("the first Tab does not lead to the skip link")
        for _ in range(3):
            if not self.tab.evaluate(FOCUS_IS_SEEN):
                self._note("the focus cannot be seen on " + self.tab.evaluate("document.activeElement.outerHTML")[:80])
            self.tab.keyboard.press("Tab")

    def _check_with_axe(self, scheme: str, where: str = "body") -> None:
        for violation in self.tab.evaluate(RUN_AXE, [where, RULES[scheme] | AXE_OPTIONS]):
            nodes = [node["html"][:120] for node in violation["nodes"][:3]]
            self._note(f"{scheme}, {where}: {violation['id']}: {nodes}")

    def _check_width(self) -> None:
        for _ in range(20):
            fits, shows_menu = self.tab.evaluate(FITS)
            if fits:
                break
            self.tab.wait_for_timeout(100)  # charts are redrawn a moment after the window has changed
        else:
            width = self.tab.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            self._note(f"{width[0]} pixels wide in a window of {width[1]}")
        if not shows_menu:
            self._note("the menu is off the screen")


def read_every_page(person: str, chromium: Browser, url: str) -> None:
    """Fail if anything is wrong with the pages of `person`."""
    world = make_world()
    with override_settings(ROOT_URLCONF="tests.error_urls"), tab_of(chromium, url, world, person) as tab:
        reader = Reader(tab, world)
        for page in [*PAGES, *ERRORS]:
            if person in page.people and page.name not in FOREIGN:
                reader.read(page, person)
    assert not reader.problems, "\n".join(reader.problems)
