"""Every text has a limit, which the database, forms, serializers and verbs share (docs/rules.md, 16)."""

import datetime as dt
import importlib
import inspect
import pkgutil
import uuid
from functools import partial

import pytest
from django import forms
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework import serializers

import cases
from cases import releases
from cases.accounts import people
from cases.casework import assignment, drafts, notes
from cases.conversation import canned_texts, messages
from cases.core import limits
from cases.core.errors import TooLong
from cases.core.schedule import Schedule
from cases.delivery import outbox
from cases.delivery.results import DeliveryResult, Outcome
from cases.forms.accounts import LONGEST
from cases.models import (
    Absence,
    AccountEvent,
    ApiToken,
    BlackoutDay,
    BulkRow,
    BulkRun,
    CalendarFeed,
    CannedText,
    Case,
    CaseAnswer,
    CaseEvent,
    CaseType,
    CaseTypeCondition,
    CaseWords,
    Condition,
    FirstView,
    Heartbeat,
    HistorySeal,
    Notification,
    NotificationChoice,
    OutgoingEmail,
    PasswordResetRequest,
    PersonWords,
    PortalClock,
    PortalEvent,
    ReleaseDay,
    ReleaseStop,
    Reminder,
    SampledTotal,
    SavedView,
    SecurityState,
    StorageReport,
    UnsentForm,
    UsedFormToken,
    User,
    ViewPin,
)
from cases.models.folded import Folded
from cases.releases import release_batch
from tests.factories import CaseDocumentFactory, CaseFactory, CaseMessageFactory, CaseNoteFactory, UserFactory

pytestmark = pytest.mark.django_db

TEXTS = (models.CharField, models.TextField, models.FileField)
MODELS = list(apps.get_app_config("cases").get_models())
COLUMNS = [
    (model, field.name)
    for model in MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, (*TEXTS, models.JSONField))
]
NOW = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)


def ids(value) -> str:
    return value._meta.model_name if isinstance(value, type) else str(value)


def row(model: type[models.Model]) -> models.Model:
    """Return a row of that table that could be stored."""
    event = {"kind": "submitted", "at": NOW, "source": "web", "schedule_revision": 0}
    email = {"kind": "released", "release_number": 1, "next_try": NOW, "created": NOW}
    day = dict.fromkeys(("released", "delay_cases", "delay_seconds", "pending", "mailed"), 0)
    person = UserFactory()
    made = {
        "case": lambda: CaseFactory.build(member=person, assigned_to=None),
        "user": lambda: UserFactory.build(email="u@example.com", email_canonical="u@example.com"),
        "casedocument": lambda: CaseDocumentFactory.build(case=CaseFactory(), uploaded_by=person, file="ab/cd"),
        "casenote": lambda: CaseNoteFactory.build(case=CaseFactory(), author=person),
        "casemessage": lambda: CaseMessageFactory.build(case=CaseFactory(), author=person, is_from_member=True),
        "cannedtext": lambda: CannedText(name="a", text="a", updated_at=NOW, updated_by=person),
        "accountevent": lambda: AccountEvent(person=person, actor=person, kind="corrected", at=NOW),
        "calendarfeed": lambda: CalendarFeed(user=person, token_digest="0", made_at=NOW),
        "heartbeat": lambda: Heartbeat(name="a run", at=NOW),
        "historyseal": lambda: HistorySeal(
            number=1, at=NOW, history="cases", first_id=1, last_id=1, entries=b"", previous="0" * 64, digest="0" * 64
        ),
        "notification": lambda: Notification(recipient=person, case=CaseFactory(), kind="assigned", at=NOW),
        "notificationchoice": lambda: NotificationChoice(user=person, kind="queue", channel="mail"),
        "outgoingemail": lambda: OutgoingEmail(case=CaseFactory(), recipient=person, **email),
        "passwordresetrequest": lambda: PasswordResetRequest(language="en"),
        "portalclock": lambda: PortalClock(id=1, time_zone="UTC", release_time_of_day=dt.time(0)),
        "portalevent": lambda: PortalEvent(kind="clock_changed", at=NOW, source="command", actor=person),
        "releaseday": lambda: ReleaseDay(day="2025-06-01", zone="UTC", counted_at=NOW, **day),
        "caseevent": lambda: CaseEvent(case=CaseFactory(), actor=person, **event),
        "securitystate": lambda: SecurityState(digest="0", value="1", expires_at=NOW),
        "usedformtoken": lambda: UsedFormToken(user=person, token="0", content="0", at=NOW),
        "unsentform": lambda: UnsentForm(user=person, path="/", fields={}, at=NOW),
        "absence": lambda: Absence(
            technician=person, deputy=UserFactory(), first_day="2025-12-24", last_day="2025-12-24"
        ),
        "reminder": lambda: Reminder(
            case=CaseFactory(), recipient=person, schedule_revision=1, day="2025-12-24", email=reminder_email(person)
        ),
        "apitoken": lambda: ApiToken(user=person, digest="0", name="a", created=NOW, expiry=NOW + dt.timedelta(days=1)),
        "storagereport": lambda: StorageReport(pk=1, at=NOW),
        "blackoutday": lambda: BlackoutDay(date="2025-12-24", name="a", created=NOW, created_by=person),
        "bulkrun": lambda: BulkRun(action="hold", by=person, language="en", created=NOW),
        "bulkrow": lambda: BulkRow(
            run=BulkRun.objects.create(action="hold", by=person, language="en", created=NOW),
            case=CaseFactory(),
            position=0,
            case_version=0,
            verdict="will",
        ),
        "caseanswer": lambda: CaseAnswer(case=CaseFactory(), updated_at=NOW, updated_by=person),
        "casetype": lambda: CaseType(name="a"),
        "casetypecondition": lambda: CaseTypeCondition(
            case_type=CaseType.objects.create(name="a"), kind="manual", name="a"
        ),
        "condition": lambda: Condition(case=CaseFactory(), kind="manual", name="a", created=NOW, since=NOW),
        "firstview": lambda: FirstView(case=CaseFactory(), release_number=1, kind="page", at=NOW),
        "releasestop": lambda: ReleaseStop(at=NOW, actor=person, reason="a"),
        "savedview": lambda: SavedView(owner=person, name="a", created=NOW),
        "viewpin": lambda: ViewPin(user=person, builtin="urgent", is_pinned=True),
        "casewords": lambda: CaseWords(case=bare_case(), member=" @1"),
        "personwords": lambda: PersonWords(person=without_words(person)),
        "sampledtotal": lambda: SampledTotal(state="a state", cases=1, counted_at=NOW, seconds=1),
    }
    return made[model._meta.model_name]()


def reminder_email(person: User) -> OutgoingEmail:
    return OutgoingEmail.objects.create(kind="reminder", recipient=person, next_try=NOW, created=NOW)


def bare_case() -> Case:
    """A case without search words."""
    case = CaseFactory()
    CaseWords.objects.all().delete()
    return case


def without_words(person: User) -> User:
    PersonWords.objects.all().delete()
    return person


def make_consistent(found: models.Model, column: str) -> None:
    """Give `found` what its other constraints require when `column` has a value."""
    together = {
        "release_error": {"release_attempts": 1, "release_next_try": NOW},
        "message_id": {"group": uuid.uuid4()},
        "system_actor": {"actor": None},
        "waiting_for": {"waiting_since": NOW},
        "settled_through": {"state": "met", "settled_at": NOW},
        "link_digest": {"kind": "external", "link_expires_at": NOW},
    }
    for name, value in together.get(column, {}).items():
        setattr(found, name, value)


def longest(field: models.Field) -> int:
    if isinstance(field, models.JSONField):
        return limits.UNSENT_FORM_JSON if field.name == "fields" else limits.FACTS
    return field.max_length


def text_of(field: models.Field, length: int):
    if isinstance(field, models.JSONField):
        return {"x": "y" * (length - len('{"x": ""}'))}
    return "é" * length


@pytest.mark.parametrize(("model", "column"), COLUMNS, ids=ids)
def test_the_database_takes_no_longer_text(model, column):
    field = model._meta.get_field(column)
    assert longest(field), f"{model.__name__}.{column} has no max_length: it belongs into cases.core.limits"
    found = row(model)
    setattr(found, column, text_of(field, longest(field) + 1))
    make_consistent(found, column)
    store = partial(model._base_manager.bulk_create, [found])
    if isinstance(found, PortalClock):  # there is only one, and it already exists
        store = partial(PortalClock.objects.update, **{column: getattr(found, column)})
    elif isinstance(field, Folded):  # limited like its sources
        found.save()
        store = partial(model._base_manager.update, **{column: text_of(field, longest(field) + 1)})
    # One of a few known values is limited by that, too.
    with pytest.raises(DatabaseError, match=r"too long|_limits?\b|_known"), transaction.atomic():
        store()


@pytest.mark.parametrize(
    ("model", "column", "length"),
    [
        (Case, "title", limits.TITLE),
        (Case, "description", limits.DESCRIPTION),
        (Case, "release_error", limits.ERROR),
        (CaseEvent, "reason", limits.REASON),
        (CaseEvent, "details", limits.FACTS),
        (OutgoingEmail, "last_error", limits.ERROR),
        (User, "last_name", limits.NAME),
        (Heartbeat, "host", 255),
    ],
    ids=ids,
)
def test_the_database_takes_what_is_as_long_as_it_may_be(model, column, length):
    found = row(model)
    setattr(found, column, text_of(model._meta.get_field(column), length))
    make_consistent(found, column)
    model._base_manager.bulk_create([found])
    assert model._base_manager.filter(**{column: getattr(found, column)}).exists()


def classes(base: type) -> list[type]:
    """Return the portal's subclasses of `base`, whatever module they are in."""
    modules = [
        importlib.import_module(info.name)
        for info in pkgutil.walk_packages(cases.__path__, "cases.")
        if ".migrations" not in info.name
    ]
    found = {member for module in modules for _name, member in inspect.getmembers(module, inspect.isclass)}
    return sorted((c for c in found if issubclass(c, base) and c.__module__.startswith("cases.")), key=str)


def test_every_text_of_a_form_has_a_limit():
    fields = {
        f"{form.__name__}.{name}": field
        for form in classes(forms.BaseForm)
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField) and not form.__module__.endswith("forms.accounts")
    }
    assert len(fields) > 10
    assert [name for name, field in fields.items() if not field.max_length] == []


def test_every_text_of_a_form_of_allauth_has_a_limit():
    names = {
        name
        for form in classes(forms.BaseForm)
        if form.__module__.endswith("forms.accounts")
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField)
    }
    assert names - {"login"} <= set(LONGEST)


def test_every_text_that_the_api_takes_has_a_limit():
    fields = {
        f"{serializer.__name__}.{name}": field
        for serializer in classes(serializers.Serializer)
        for name, field in serializer._declared_fields.items()
        if isinstance(field, serializers.CharField) and not field.read_only
    }
    assert fields
    assert [name for name, field in fields.items() if not field.max_length] == []


def test_a_form_takes_no_longer_text_than_its_table():
    for form in classes(forms.BaseModelForm):
        model = form._meta.model
        if model is None:
            continue
        for name, field in form.base_fields.items():
            if isinstance(field, forms.CharField) and name in {column.name for column in model._meta.fields}:
                assert field.max_length <= model._meta.get_field(name).max_length, (form, name)


# --- Verbs -----------------------------------------------------------------------------------------------------------

LONG = "x" * (limits.DESCRIPTION + 1)
REASON = "x" * (limits.REASON + 1)


def test_no_verb_takes_a_longer_text(member, technician, other_technician, administrator, clock):
    technician.set_password("x")
    other_technician.set_password("x")
    technician.save()
    other_technician.save()
    draft = CaseFactory(draft=True, member=member)
    accepted, held = (
        CaseFactory(member=member, assigned_to=technician),
        CaseFactory(held=True, member=member, assigned_to=technician),
    )
    later = Schedule(dt.date(2025, 12, 1), None)
    calls = [
        lambda: drafts.create(by=member, title="x" * 201, description=""),
        lambda: drafts.create(by=member, title="x", description=LONG),
        lambda: drafts.edit(case=draft, by=member, title="x", description=LONG, urgency="normal"),
        lambda: notes.add(case=accepted, by=technician, text="x" * (limits.NOTE + 1)),
        lambda: messages.send(case=accepted, by=technician, source="web", text="x" * (limits.MESSAGE + 1)),
        lambda: canned_texts.add(by=administrator, source="web", name="x" * (limits.NAME + 1), text="x"),
        lambda: canned_texts.add(by=administrator, source="web", name="x", text="x" * (limits.MESSAGE + 1)),
        lambda: releases.complete(case=accepted, by=technician, source="web", release_on=None, reason=REASON),
        lambda: releases.complete(case=accepted, by=technician, source="web", release_on=later, reason=REASON),
        lambda: releases.schedule(case=held, by=administrator, source="web", release_on=later, reason=REASON),
        lambda: releases.return_to_accepted(case=held, by=administrator, source="web", reason=REASON),
        lambda: releases.release_now(case=held, by=administrator, source="web", reason=REASON),
        lambda: assignment.hand_over_all(
            technician=technician, to=other_technician, by=administrator, source="web", reason=REASON
        ),
        lambda: people.invite(
            by=administrator, email="a@example.com", first_name="x" * 61, last_name="", role="member"
        ),
        lambda: people.correct(person=member, by=administrator, email="x" * 250 + "@ab.c", first_name="", last_name=""),
    ]
    before = list(Case.objects.order_by("pk").values()), CaseEvent.objects.count(), User.objects.count()
    for call in calls:
        with pytest.raises(TooLong):
            call()
    assert (list(Case.objects.order_by("pk").values()), CaseEvent.objects.count(), User.objects.count()) == before


# --- What the program writes is cut, and never fails for its length ----------------------------------------------


def test_a_long_error_of_a_release_is_recorded_cut(monkeypatch, clock, member):
    case = CaseFactory(due=True, member=member)
    release_batch._record_failure(case.pk, "é" * 5000, at=timezone.now())
    case.refresh_from_db()
    assert case.release_error == "é" * limits.ERROR
    assert case.release_attempts == 1


def test_a_long_answer_of_a_mail_server_is_cut():
    """Immediately: a search for addresses in quadratic time would take hours."""
    result = DeliveryResult(Outcome.DEFERRED, "x" * 2_000_000)
    assert len(f"Given up after 18 tries: {result.error}") <= limits.ERROR


# --- Lists never read long texts ---------------------------------------------------------------------------------


def read_description(captured) -> list[str]:
    return [
        query["sql"]
        for query in captured
        if '"cases_case"."description"' in query["sql"] and query["sql"].startswith("SELECT")
    ]


@pytest.mark.parametrize("person", ["member", "technician", "administrator"])
def test_lists_read_no_description(person, client, request, member, technician, administrator, clock):
    for trait in ("draft", "submitted", "held", "scheduled", "released"):
        CaseFactory.create_batch(2, member=member, assigned_to=technician, **{trait: True})
    client.force_login(request.getfixturevalue(person))
    with CaptureQueriesContext(connection) as captured:
        for address in ("/", "/cases/", "/cases/?q=Question", "/api/cases/", "/calendar/", "/operations/", "/people/"):
            client.get(address)
        for model in ("case", "caseevent", "outgoingemail", "casedocument", "casenote"):
            client.get(f"/admin/cases/{model}/")
    assert read_description(captured) == []


def test_a_wave_and_its_mail_read_no_description(member, clock, mailoutbox):
    CaseFactory.create_batch(3, due=True, member=member)
    with CaptureQueriesContext(connection) as captured:
        releases.release_due(by="a test", source="sweep")
        outbox.deliver()
    assert len(mailoutbox) == 1
    assert read_description(captured) == []


def test_the_api_gives_the_description_of_one_case_and_not_of_a_list(client, member):
    case = CaseFactory(submitted=True, member=member, description="What should I do?")
    client.force_login(member)
    (listed,) = client.get("/api/cases/").json()["results"]
    assert "description" not in listed
    found = client.get(f"/api/cases/{case.pk}/").json()
    assert found == listed | {"description": "What should I do?", "answer": ""}
