"""The conversation of a case: who may write and read when, whose turn it is, and that a release changes none of
that."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import releases
from cases.conversation import messages
from cases.core.errors import CaseError, QuotaReached, SentAlready, WrongState
from cases.core.schedule import Schedule
from cases.delivery.notifications import notify
from cases.lifecycle import conversation, form_tokens
from cases.models import Absence, Case, CaseDocument, CaseEvent, CaseMessage, Notification
from tests.clocks import portals_today
from tests.factories import CaseFactory, CaseMessageFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

Kind = Notification.Kind
WAYS = ["hidden", "in_progress", "announced"]


@pytest.fixture
def case(member, technician) -> Case:
    return CaseFactory(member=member, assigned_to=technician)


def say(case, by, text="Here it is.", **more):
    return messages.send(case=case, by=by, source="web", text=text, **more)


def a_file(name="dd-214.pdf"):
    return ContentFile(b"%PDF-1.7\n", name=name)


def stored_files():
    return {name for folder in default_storage.listdir("")[0] for name in default_storage.listdir(folder)[1]}


def turn_of(case):
    case.refresh_from_db()
    return case.waiting_for


def test_question_and_reply_take_turns(case, member, technician, clock):
    asked = timezone.now()
    say(case, technician, "Please send form DD-214.", asks=True)
    assert (turn_of(case), case.waiting_since) == ("member", asked)
    clock.shift(dt.timedelta(hours=1))
    say(case, technician, "No hurry.")
    assert (turn_of(case), case.waiting_since) == ("member", asked), "a word more ends no question"
    clock.shift(dt.timedelta(hours=1))
    replied = say(case, member, files=[a_file(), a_file("letter.pdf")])
    assert (turn_of(case), case.waiting_since) == ("staff", replied.at)
    clock.shift(dt.timedelta(hours=1))
    say(case, member, "And one thing more.")
    assert case.waiting_since == replied.at, "since the first that nobody has answered"
    say(case, technician, "Thank you.")
    assert (turn_of(case), case.waiting_since) == ("", None)
    assert case.version == 0, "a form that is open about something else stays good"
    assert [document.name for document in replied.documents.order_by("pk")] == ["dd-214.pdf", "letter.pdf"]
    assert set(case.documents.values_list("kind", flat=True)) == {"submission"}
    assert case.events.filter(kind="document_attached", actor=member).count() == 2


def test_the_other_side_is_told_and_nobody_else(case, member, technician, administrator):
    say(case, member, "One thing I forgot.")
    say(case, technician, "Please send form DD-214.", asks=True)
    say(case, member)
    say(case, administrator, "Thank you.")
    told = Notification.objects.order_by("pk").values_list("recipient__username", "kind", "case")
    assert list(told) == [
        ("tom", "question", case.pk),
        ("mia", "question", case.pk),
        ("tom", "reply", case.pk),
        ("mia", "reply", case.pk),
    ]
    Notification.objects.all().delete()
    say(CaseFactory(member=member, submitted=True), member)
    assert not Notification.objects.exists(), "nobody has accepted it yet"


def test_who_acts_on_a_message_has_read_of_it(case, member, technician, other_technician):
    """The bell no longer shows what is done. Notifications of others, and about other things, stay."""

    def unread():
        return {(each.recipient_id, each.kind) for each in Notification.objects.filter(read_at=None)}

    notify(Kind.MENTION, case=case, to=[technician], by=other_technician, at=timezone.now())
    say(case, technician, asks=True)
    say(CaseFactory(member=member, assigned_to=technician), technician)
    say(case, member)
    assert unread() == {(technician.pk, "mention"), (technician.pk, "reply"), (member.pk, "reply")}
    messages.end_waiting(case=case, by=technician, source="web")
    assert unread() == {(technician.pk, "mention"), (member.pk, "reply")}


@pytest.mark.parametrize("answer", ["a message", "no reply needed"])
@pytest.mark.parametrize("who", ["deputy", "administrator", "technician"])
def test_what_one_of_them_has_answered_is_settled_for_all(who, answer, case, member, technician, administrator):
    """The deputy was told too, and so are administrators once the technician has left."""
    deputy = UserFactory(role="technician")
    today = portals_today()
    Absence.objects.create(technician=technician, deputy=deputy, first_day=today, last_day=today)
    by = {"deputy": deputy, "administrator": administrator, "technician": technician}[who]
    say(case, member)
    notify(Kind.QUESTION, case=case, to=[administrator], by="a test", at=timezone.now())
    notify(Kind.QUESTION, case=CaseFactory(assigned_to=technician), to=[technician], by="a test", at=timezone.now())
    if answer == "a message":
        say(case, by)
    else:
        messages.end_waiting(case=case, by=by, source="web")
    unread = Notification.objects.filter(read_at=None).exclude(recipient=member)
    assert {each.case_id for each in unread} == set(Case.objects.exclude(pk=case.pk).values_list("pk", flat=True))


def test_no_reply_is_needed(case, member, technician):
    say(case, member, "Thanks!")
    for _twice in range(2):
        messages.end_waiting(case=case, by=technician, source="web")
    assert turn_of(case) == ""
    assert CaseEvent.objects.get(kind="waiting_ended").details == {"waited_for": "staff"}


@pytest.mark.parametrize(
    ("text", "files", "field"),
    [
        (" \n", [], "message"),
        ("x" * 4001, [], "message"),
        ("", [a_file("virus.exe")], "file"),
        ("x", [a_file(), ContentFile(b"no PDF", name="other.pdf")], "file"),
        ("x", [a_file() for _ in range(6)], "file"),
    ],
    ids=["nothing", "too long", "no document", "one of two is none", "too many"],
)
def test_what_is_refused_leaves_nothing(text, files, field, case, member):
    before = stored_files()
    with pytest.raises(CaseError) as refused:
        say(case, member, text, files=files)
    assert refused.value.field == field
    assert not CaseMessage.objects.exists()
    assert not CaseDocument.objects.exists()
    assert stored_files() == before
    assert turn_of(case) == ""


def test_staff_send_no_files_and_everybody_has_a_limit(case, member, technician, settings):
    with pytest.raises(CaseError, match="Attach reports"):
        say(case, technician, files=[a_file()])
    settings.MAX_MESSAGES_PER_HOUR = 1
    say(case, member)
    with pytest.raises(QuotaReached):
        say(case, member)


def test_a_form_sends_one_message(case, member):
    token, before = form_tokens.new(member), stored_files()
    first = say(case, member, form_token=token, files=[a_file()])
    with pytest.raises(SentAlready) as again:
        say(case, member, form_token=token, files=[a_file()])
    assert again.value.made == first.pk
    assert CaseDocument.objects.count() == 1
    assert len(stored_files() - before) == 1


# For each RELEASE_MEMBER_VIEW, which parts of a conversation are open to whom between completion and release.
@pytest.mark.parametrize(
    ("way", "state", "reads", "writes"),
    [
        ("hidden", "scheduled", False, Case.DoesNotExist),
        ("hidden", "held", False, Case.DoesNotExist),
        ("in_progress", "scheduled", True, None),
        ("in_progress", "held", True, None),
        ("announced", "scheduled", False, WrongState),
        ("announced", "held", True, None),
    ],
)
def test_before_the_release_the_member_sees_what_their_view_has(
    way, state, reads, writes, member, technician, settings
):
    settings.RELEASE_MEMBER_VIEW = way
    case = CaseFactory(member=member, assigned_to=technician, **{state: True})
    CaseMessageFactory(case=case)
    CaseMessageFactory()
    assert CaseMessage.objects.visible_to(member).count() == reads
    assert CaseMessage.objects.of(case, seen_by=member).count() == reads or writes is Case.DoesNotExist
    assert CaseMessage.objects.visible_to(technician).count() == 2
    assert conversation.is_read_by_member(case) == reads
    if writes:
        with pytest.raises(writes):
            say(case, member)
        with pytest.raises(WrongState, match="can't read messages until"):
            say(case, technician)
    else:
        say(case, member)
        assert turn_of(case) == "staff"
        say(case, technician)


def test_a_completion_changes_nothing_for_the_member(case, member, technician, settings, clock):
    """Not even the number of statements for a message. A question to the member stays open."""
    settings.RELEASE_MEMBER_VIEW = "in_progress"
    say(case, technician, "Please send form DD-214.", asks=True)
    other = CaseFactory(member=member, assigned_to=technician)
    releases.complete(
        case=case, by=technician, source="web", release_on=Schedule(timezone.now().date() + dt.timedelta(days=9))
    )
    assert turn_of(case) == "member"
    took = []
    for one in (other, case):
        with CaptureQueriesContext(connection) as captured:
            say(one, member)
        took.append(len(captured))
    assert took[0] == took[1]
    assert turn_of(case) == "staff"
    releases.release_now(case=case, by=UserFactory(role="administrator"), source="web", reason="because")
    assert turn_of(case) == "staff", "nor does a release answer a question"


@pytest.mark.parametrize(("days", "later", "is_open"), [(30, 30, True), (30, 31, False), (1, 2, False), (0, 0, False)])
def test_a_member_may_ask_for_some_days_after_the_release(days, later, is_open, member, technician, settings, clock):
    settings.CASE_QUESTIONS_DAYS = days
    case = CaseFactory(member=member, assigned_to=technician, released=True, actual_release_date=timezone.now())
    clock.shift(dt.timedelta(days=later))
    if is_open:
        assert say(case, member).release_number == 1
    else:
        with pytest.raises(WrongState, match="Start a new case"):
            say(case, member)
    say(case, technician, "We found one thing more.", asks=True)
    assert turn_of(case) == "", "a released case waits for no member"


@pytest.mark.parametrize("way", WAYS)
def test_a_recall_takes_what_was_said_about_the_release(way, member, technician, administrator, settings):
    settings.RELEASE_MEMBER_VIEW = way
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    CaseMessageFactory(case=case, text="Which form?")
    say(case, member, "Is 32.5 percent right?")
    say(case, technician, "Yes, it is 32.5 percent.")
    assert CaseMessage.objects.visible_to(member).count() == 3
    releases.recall(case=case, by=administrator, source="web", reason="because")
    case.refresh_from_db()
    told = ["Which form?"] if way != "hidden" else []
    assert [message.text for message in CaseMessage.objects.visible_to(member)] == told
    assert [message.text for message in CaseMessage.objects.of(case, seen_by=member)] == ["Which form?"]
    assert CaseMessage.objects.of(case, seen_by=technician).count() == 3
    releases.release_now(case=case, by=administrator, source="web", reason="because")
    assert CaseMessage.objects.visible_to(member).count() == 3


def test_a_message_stays_as_it_is(case, member):
    message = say(case, member)
    with pytest.raises(TypeError):
        message.save()
    with pytest.raises(TypeError):
        message.delete()
