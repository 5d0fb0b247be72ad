"""What the palette finds: pages and, once something is typed, what search finds. Each role gets its own."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.core import limits
from cases.core.folding import begins_words
from cases.models import User
from cases.selectors.saved_views import views_of
from cases.templatetags.keyboard import keys_to_pages
from cases.templatetags.navigation import entries
from cases.views.requests import PortalRequest


@dataclass(frozen=True)
class Option:
    """One line of the palette: what it is called, where it leads, and how it is drawn. `about` says more of it."""

    label: str
    url: str
    icon: str = "right"
    state: str = ""
    about: str = ""
    end: str = ""
    keys: tuple[str, ...] = ()


Group = tuple[str, list[Option]]


@require_safe
def palette(request: PortalRequest) -> HttpResponse:
    """The part of a page that lists what fits `q`. Nothing typed: the pages."""
    text = request.GET.get("q", "").strip()[: limits.SEARCH]
    groups = [(_("Views"), _views(request.user, text)), (_("Pages"), _pages(request.user, text))]
    context = {"groups": [group for group in groups if group[1]], "text": text}
    return render(request, "cases/includes/palette_found.html", context)


def _views(user: User, text: str) -> list[Option]:
    cases = reverse("case_list")
    views = [view for view in views_of(user) if begins_words(str(view.name), text)]
    return [Option(str(view.name), f"{cases}?{view.query}", icon=view.icon) for view in views]


def _pages(user: User, text: str) -> list[Option]:
    keys = keys_to_pages(user) if user.keyboard_shortcuts else {}
    found = [(label, name) for label, name in [*entries(user), *_beside_navigation(user)] if begins_words(label, text)]
    return [Option(label, reverse(name), keys=keys.get(name, ())) for label, name in found]


def _beside_navigation(user: User) -> list[tuple[str, str]]:
    """Return the pages that the navigation leaves out: labels and names of URLs."""
    administrators = [
        (_("Invite a person"), "invite_person"),
        (_("Case types"), "case_types"),
        (_("Blackout days"), "blackout_days"),
    ]
    own = [
        (_("Profile"), "profile"),
        (_("Security"), "mfa_index"),
        (_("Sessions"), "usersessions_list"),
        (_("Password"), "account_change_password"),
        (_("API tokens"), "api_tokens"),
    ]
    return [*(administrators if user.is_administrator else []), *own]
