"""What the palette finds: pages and, once something is typed, what search finds. Each role gets its own."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.core import limits
from cases.core.folding import begins_words
from cases.core.search_words import first_words
from cases.core.text import clean_line, isolated
from cases.models import User
from cases.selectors import global_search
from cases.selectors.global_search import FoundCase
from cases.selectors.saved_views import views_of
from cases.templatetags.keyboard import keys_to_pages
from cases.templatetags.navigation import account_entries, entries
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


OptionGroup = tuple[str, list[Option]]
MOST_CASES, MOST_PEOPLE = 8, 4


@require_safe
def palette(request: PortalRequest) -> HttpResponse:
    """Render the part of a page that lists what fits `q`: the pages where nothing is typed."""
    text = request.GET.get("q", "").strip()[: limits.SEARCH]
    pages = [(_("Views"), _views(request.user, text)), (_("Pages"), _pages(request.user, text))]
    groups = [*pages, *_found(request.user, text)]
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


def _found(user: User, text: str) -> list[OptionGroup]:
    """Return what the search finds of `text`. Of more words than it takes the first."""
    words = first_words(" ".join(clean_line(text).split()[: limits.SEARCH_WORDS]), limits.SEARCH_WORDS)
    if not words:
        return []
    found = global_search.find(user, words, cases=MOST_CASES, people=MOST_PEOPLE)
    cases = [_case(each) for each in found.cases]
    people = [Option(person.display_name, _of_person(person, user), "people") for person in found.people]
    everything = _("Search for %(words)s") % {"words": isolated(found.meant or words)}
    search = Option(everything, f"{reverse('search')}?{urlencode({'q': found.meant or words})}", "search")
    return [(_("Cases"), cases), (_("People"), people), (_("Search"), [search])]


def _case(found: FoundCase) -> Option:
    case, url = found.case, reverse("case_detail", args=[found.case.pk])
    places = _("found in %(places)s") % {"places": ", ".join(found.labels)} if found.labels else ""
    about = " · ".join(filter(None, [case.member_name, case.external_case_id, places]))
    return Option(case.name, url, state=case.state, about=about, end=case.state_label)


def _of_person(person: User, user: User) -> str:
    if user.is_administrator:
        return reverse("person", args=[person.pk])
    return f"{reverse('case_list')}?{urlencode({'member': person.username})}"


def _beside_navigation(user: User) -> list[tuple[str, str]]:
    """Return the pages that the navigation leaves out: labels and names of URLs."""
    administrators = [
        (_("Invite a person"), "invite_person"),
        (_("Case types"), "case_types"),
        (_("Blackout days"), "blackout_days"),
    ]
    return [*(administrators if user.is_administrator else []), *account_entries(user)]
