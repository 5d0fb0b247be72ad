"""What people call the browser and the device that a session began on."""

import re

from django.utils.translation import gettext as _

# The first that fits counts: most browsers also claim to be an older one.
BROWSERS = {
    "Edge": r"Edg(e|A|iOS)?/",
    "Opera": r"OPR/|Opera",
    "Samsung Internet": r"SamsungBrowser/",
    "Firefox": r"Firefox/|FxiOS/",
    "Chrome": r"CriOS/|Chrom(e|ium)/",
    "Safari": r"Version/.+ Safari/",
}
SYSTEMS = {
    "iPhone": r"iPhone",
    "iPad": r"iPad",
    "Android": r"Android",
    "Windows": r"Windows",
    "macOS": r"Macintosh",
    "ChromeOS": r"CrOS",
    "Linux": r"Linux|X11",
}


def name_of(user_agent: str) -> str:
    """Return a name such as "Firefox on Windows" for a browser's user agent. An unknown one is returned unchanged."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent or _("Unknown browser")


def _first(patterns: dict[str, str], text: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text)), "")
