"""Words planted in every text that a member may not read yet leak through no door: not by results, suggestions, counts,
or the look of the response.

The response for each word is compared with that for a word that is nowhere. They must be identical.
"""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.casework import answers, notes
from cases.core.schedule import Schedule
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about the doors: tests/unit/selectors has who finds which word on both"),
]

VIEWS = ["hidden", "in_progress", "announced"]
NOWHERE = "qwertyuiop"
# Each text has one, of the same length as the word that is nowhere.
SECRETS = {"answer": "dandipratz", "reports": "grantedxyz", "notes": "snickerzee"}
KNOWN = {"title": "survivorxx", "description": "quillfeath", "submissions": "marriagexy"}
WORDS = SECRETS | KNOWN
# The queries at each door: the word, its beginning, a misspelling, the word among others.
ASKED = [
    *(("/cases/?q={}", word) for word in ("{}", "{:.6}")),
    *(("/palette/?q={}", word) for word in ("{}", "{:.9}q")),
    *(("/search/?q={}", word) for word in ("{}", "{:.9}q", "case {}")),
    *((url, "{}") for url in ("/cases/?q={}&state=released", "/api/cases/?q={}", "/calendar/?q={}")),
]


@pytest.fixture
def case(member, technician, clock, stored):
    case = CaseFactory(
        member=member,
        assigned_to=technician,
        title=KNOWN["title"],
        description=KNOWN["description"],
        external_case_id="C-7K2M9QX4TB",
    )
    CaseDocumentFactory(case=case, submission=True, name=f"{KNOWN['submissions']}.pdf")
    CaseDocumentFactory(case=case, name=f"{SECRETS['reports']}.pdf")
    answers.save_answer(case=case, by=technician, text=SECRETS["answer"])
    notes.add(case=case, by=technician, text=SECRETS["notes"])
    CaseFactory(member=member, assigned_to=technician, title="Another case")
    return case


def answer_to(client: Client, url: str, typed: str) -> tuple[int, str, int]:
    """Return status, text and statements of the response, without what was typed."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url.format(typed))
    text = re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return response.status_code, text.replace(typed, "").replace(typed.replace(" ", "+"), ""), len(captured)


def told(client: Client, asked: list[tuple[str, str]] = ASKED) -> set[str]:
    """Return the texts about which any door reveals something. A text that one door reveals is not checked at the
    next."""
    found = set()
    for url, form in asked:
        nothing = answer_to(client, url, form.format(NOWHERE))
        rest = {text: word for text, word in WORDS.items() if text not in found}
        found |= {text for text, word in rest.items() if answer_to(client, url, form.format(word)) != nothing}
    return found


def signed_in(user) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_told_before_its_time(view, case, member, other_member, technician, administrator, settings, clock):
    settings.RELEASE_MEMBER_VIEW = view
    in_person, outsider = signed_in(member), signed_in(other_member)
    pending = {"hidden": set(), "in_progress": set(KNOWN), "announced": {"title"}}[view]

    def check(open_: set[str], asked: list[tuple[str, str]] = ASKED) -> None:
        in_person.get("/")  # releases what is due
        assert told(in_person, asked) == open_
        assert told(outsider, ASKED[:3]) == set()

    check(set(KNOWN))
    releases.complete(case=case, by=technician, source="web", release_on=Schedule(dt.date(2025, 6, 20)))
    check(pending)
    clock.move_to(dt.datetime(2025, 6, 19, 23, 59, 59, 999999, tzinfo=dt.UTC))
    check(pending, ASKED[::2])  # in one form at each door
    clock.shift(1e-6)
    check({*KNOWN, "answer", "reports"})
    assert told(signed_in(None)) == set()
    case.refresh_from_db()
    releases.recall(case=case, by=administrator, source="web", reason="A wrong figure")
    check(set() if view == "hidden" else set(KNOWN))
    assert told(signed_in(technician), ASKED[:1]) == set(WORDS)
