"""What one person may add in an hour, or have open at a time."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.casework import drafts, notes
from cases.core.errors import CaseError, QuotaReached, WrongState
from cases.documents import attach_and_remove as documents
from cases.models import Case, CaseDocument, CaseNote
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

LIMITS = ("MAX_OPEN_DRAFTS", "MAX_SUBMISSIONS_PER_HOUR", "MAX_NOTES_PER_HOUR", "MAX_UPLOADS_PER_HOUR")


@pytest.fixture(autouse=True)
def _three(settings, clock):
    """Three of everything."""
    for name in LIMITS:
        setattr(settings, name, 3)


@pytest.fixture
def case(member, technician) -> Case:
    return CaseFactory(member=member, assigned_to=technician)


def a_file():
    return ContentFile(b"some text", name="letter.txt")


@pytest.fixture
def adds(member, technician, case) -> dict[str, Callable[[], object]]:
    """The verbs that add something, something new each time."""
    mine = [CaseFactory(member=member, draft=True, title="t") for _ in range(12)]
    return {
        "note": lambda: notes.add(case=case, by=technician, text="Mia called."),
        "upload": lambda: documents.attach(case=case, by=technician, file=a_file(), source="web"),
        "submission": lambda: drafts.submit(case=mine.pop(), by=member, source="web"),
    }


@pytest.mark.parametrize("kind", ["note", "upload", "submission"])
def test_an_hour_has_a_limit_which_ends(kind, adds, clock):
    add = adds[kind]
    add()
    clock.shift(dt.timedelta(minutes=40))
    add()
    add()
    with pytest.raises(QuotaReached, match=r"limit of 3 an hour\. Try again in 20 minutes") as refused:
        add()
    assert refused.value.retry_after == 20 * 60
    clock.shift(dt.timedelta(minutes=19, seconds=30))
    with pytest.raises(QuotaReached, match="in 1 minute"):
        add()
    clock.shift(dt.timedelta(seconds=30))
    add()
    with pytest.raises(QuotaReached):
        add()


def test_what_is_refused_leaves_nothing(adds, case):
    for kind in ("note", "upload"):
        for _ in range(3):
            adds[kind]()
        with pytest.raises(QuotaReached):
            adds[kind]()
    assert CaseNote.objects.count() == CaseDocument.objects.count() == 3
    assert case.events.count() == 3


def test_an_upload_counts_when_it_was_removed_too(case, technician):
    for _ in range(3):
        document = documents.attach(case=case, by=technician, file=a_file(), source="web")
        documents.remove(document=document, by=technician, source="web")
    with pytest.raises(QuotaReached):
        documents.attach(case=case, by=technician, file=a_file(), source="web")


def test_a_member_has_so_many_drafts_at_a_time(member, other_member, clock):
    def create(by=member):
        return drafts.create(by=by, title="t", description="")

    first, *_others = [create() for _ in range(3)]
    with pytest.raises(WrongState, match="already have 3 drafts"):
        create()
    clock.shift(dt.timedelta(days=1))
    with pytest.raises(WrongState):
        create()
    create(by=other_member)
    drafts.submit(case=first, by=member, source="web")
    create()


def test_the_limit_is_each_persons_own(case, technician, other_technician):
    for person in (technician, other_technician):
        for _ in range(3):
            notes.add(case=case, by=person, text="x")
    with pytest.raises(CaseError):
        notes.add(case=case, by=other_technician, text="x")


@pytest.mark.parametrize("kind", ["note", "upload", "submission"])
def test_it_costs_as_much_of_many_as_of_few(kind, adds, settings):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            adds[kind]()
        return len(captured)

    adds[kind]()  # technicians are notified of the first one in the queue
    few = cost()
    for name in LIMITS:
        setattr(settings, name, 100)
    CaseNote.objects.bulk_create(
        [CaseNote(case=n.case, author=n.author, text="x", at=n.at) for n in CaseNote.objects.all()] * 30
    )
    assert cost() == few


# --- By the pages ----------------------------------------------------------------------------------------------------


def test_the_pages_say_when_to_try_again(case, technician, member, client):
    client.force_login(technician)
    for path, data in (("notes/", {"text": "A note"}), ("documents/", {"file": a_file()})):
        for _ in range(3):
            assert (
                client.post(
                    f"/cases/{case.pk}/{path}", data | ({"file": a_file()} if "file" in data else {})
                ).status_code
                == 302
            )
        answer = client.post(f"/cases/{case.pk}/{path}", data | ({"file": a_file()} if "file" in data else {}))
        assert answer.status_code == 429
        assert answer["Retry-After"] == "3600"
        assert "limit of 3 an hour. Try again in 60 minutes." in answer.content.decode()
        assert "text" not in data or "A note" in answer.content.decode(), "what was typed is kept"


def test_a_draft_too_many_keeps_what_was_typed(member, client):
    CaseFactory.create_batch(3, member=member, draft=True)
    client.force_login(member)
    answer = client.post("/cases/new/", {"title": "One more", "description": "", "urgency": "normal"})
    assert answer.status_code == 409
    assert "You already have 3 drafts." in answer.content.decode()
    assert "One more" in answer.content.decode()


def test_a_submission_too_many_stays_a_draft(member, client, settings):
    settings.MAX_OPEN_DRAFTS = 10
    mine = CaseFactory.create_batch(4, member=member, draft=True)
    client.force_login(member)
    answers = [client.post(f"/cases/{case.pk}/submit/") for case in mine]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert answers[-1]["Retry-After"] == "3600"
    assert Case.objects.get(pk=mine[-1].pk).status == "draft"


def test_nobody_else_is_kept_waiting(case, administrator):
    UserFactory.create_batch(2)
    notes.add(case=case, by=administrator, text="x")
