"""Between completion and release, a case responds to every request of its member like one that is not completed."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CaseFactory, CaseMessageFactory, letter

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database(
        "is about answers: tests/unit/models and tests/unit/selectors have who sees and finds what on both"
    ),
]


# The values with which a completed case reveals nothing, and what it looks like: a case in progress, or another
# member's.
@pytest.mark.parametrize(
    ("way", "state", "like"),
    [
        ("in_progress", "scheduled", "accepted"),
        ("in_progress", "held", "accepted"),
        ("announced", "held", "accepted"),
        ("hidden", "scheduled", "another's"),
        ("hidden", "held", "another's"),
    ],
)
def test_every_request_is_answered_as_if_it_were_not_completed(
    way, state, like, client, member, other_member, technician, settings, clock
):
    """Refusals must not reveal it either, nor headers, lengths, the number of statements, or an open page."""
    settings.RELEASE_MEMBER_VIEW = way
    same = {"assigned_to": technician, "title": "Pension", "description": "How much?"}
    # With as many digits in both keys: a page that has its address is longer for case 10 than for case 9.
    hidden = CaseFactory(pk=1001, **same, member=member, **{state: True})
    twin = CaseFactory(pk=1002, **same, member=member if like == "accepted" else other_member)
    client.force_login(member)
    client.get("/")

    def answer(case, method, path, **data):
        address = path.format(case.pk, number=case.external_case_id) if "{" in path else f"/cases/{case.pk}/{path}"
        with CaptureQueriesContext(connection) as statements:
            response = getattr(client, method)(address, data)
        told = f"{sorted(response.items())}{response.content.decode()}"
        told = re.sub(
            r'(csrfmiddlewaretoken|form_token)" value="[^"]+"|message-\d+|document-\d+|documents/\d+', "", told
        )
        for own in (case.external_case_id, f"/cases/{case.pk}/", f"%2Fcases%2F{case.pk}%2F"):
            told = told.replace(own, "")
        if response.status_code == 302:
            client.get("/")  # shows its message, which the next page would show otherwise
        return response.status_code, len(statements), told

    names = "edit submit accept complete reschedule return hold release documents hand-over notes answer as-member"
    names += " undo recall releases/1 conditions conditions/1/meet conditions/1/waive correct release-timeline"
    names += " messages messages/no-reply"
    open_page = "/live/?path=/cases/{}/&token=" + _token(client, hidden)
    for path in ["", *(f"{name}/" for name in names.split()), open_page, "/search/?q={number}", "/api/cases/{}/"]:
        for method in ("get", "post"):
            if path != "/search/?q={number}" or method == "get":
                seen, expected = (answer(case, method, path) for case in (hidden, twin))
                if path == "/api/cases/{}/" and like == "accepted":
                    seen, expected = (_without_key(each) for each in (seen, expected))
                assert seen == expected, (method, path)
    assert _token(client, hidden) == _token(client, twin)
    CaseMessageFactory(case=hidden, author=technician, text="Is this right?", release_number=1)
    sent = [answer(case, "post", "messages/", message="Here it is.", file=letter()) for case in (hidden, twin)]
    assert sent[0] == sent[1]
    assert sent[0][0] == (302 if like == "accepted" else 404)
    client.get("/")  # says that they were sent
    for address in ("", "?messages_before=999999"):
        assert answer(hidden, "get", address) == answer(twin, "get", address)


def _without_key(answer):
    return (*answer[:2], re.sub(r'"id":\d+', "", answer[2]))


def _token(client, case):
    found = re.findall(r'data-live-token="([^"]+)"', client.get(f"/cases/{case.pk}/").content.decode())
    return ".".join(found) or "none"
