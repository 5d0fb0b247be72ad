"""The main navigation and that of one's own account: what a person finds there, and where they are."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.models import User

# Where a page belongs that is below no entry.
BELONGS = {
    "bulk_runs": "case_list",
    "saved_views": "case_list",
    "blackout_days": "portal_settings",
    "case_types": "portal_settings",
    "canned_texts": "portal_settings",
}


@dataclass(frozen=True)
class NavigationLink:
    """One entry. `current` is the value of aria-current: `page` on the page itself, `true` below it, else empty."""

    label: str
    url: str
    current: str = ""


def links(user: User, path: str) -> list[NavigationLink]:
    """Return the main navigation of `user` on the page at `path`."""
    return _links(entries(user), path)


def account_links(user: User, path: str) -> list[NavigationLink]:
    """Return the navigation of the account of `user` on the page at `path`."""
    return _links(account_entries(user), path)


def _links(entries: list[tuple[str, str]], path: str) -> list[NavigationLink]:
    """Return the links of `entries` on the page at `path`.

    The entry with the longest address that leads to it is current: the case at /cases/5/ belongs to the cases.
    Everything begins with /, so that is current on its own page alone.
    """
    pages = [(label, reverse(name)) for label, name in entries]
    home = reverse("dashboard")
    below = next((reverse(entry) for name, entry in BELONGS.items() if path.startswith(reverse(name))), path)
    above = [url for _label, url in pages if below == url or (url != home and below.startswith(url))]
    here = max(above, key=len, default=None)
    return [NavigationLink(label, url, _mark(url, here, path)) for label, url in pages]


def _mark(url: str, here: str | None, path: str) -> str:
    if url != here:
        return ""
    return "page" if url == path else "true"


def entries(user: User) -> list[tuple[str, str]]:
    """Return what the navigation of `user` says, and the names of the URLs that it leads to."""
    if user.is_member:
        return [(_("Dashboard"), "dashboard"), (_("My cases"), "case_list"), (_("New case"), "new_case")]
    entries = [(_("Dashboard"), "dashboard"), (_("Cases"), "case_list"), (_("Calendar"), "calendar")]
    entries.append((_("History"), "history"))
    if user.is_administrator:
        entries += [
            (_("People"), "people"),
            (_("Operations"), "operations"),
            (_("Settings"), "portal_settings"),
        ]
        if user.is_staff:
            entries.append((_("Admin"), "admin:index"))
    return entries


def account_entries(user: User) -> list[tuple[str, str]]:
    """Return the same of the pages on which `user` keeps their own account."""
    own = [
        (_("Profile"), "profile"),
        (_("Notifications"), "notification_settings"),
        (_("Security"), "mfa_index"),
        (_("Sessions"), "usersessions_list"),
        (_("Password"), "account_change_password"),
        (_("API tokens"), "api_tokens"),
    ]
    return [*own, (_("Absence"), "absences")] if user.is_technician else own
