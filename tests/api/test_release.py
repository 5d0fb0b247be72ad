"""POST /api/cases/{id}/release/, as the product owner wrote it, and its refusals."""

import datetime as dt

import pytest
from rest_framework.test import APIClient

from cases.api.serializers import MOST_UNKNOWN
from cases.models import CaseEvent
from tests.factories import CaseFactory
from tests.tokens import header, new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about requests and answers: tests/unit/releases has the verbs on both"),
]


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


def as_(user):
    return APIClient(headers=header(new_token(user)))


def release(user, case, data):
    return as_(user).post(f"/api/cases/{case.pk}/release/", data, format="json")


def test_now(case, technician, clock):
    answer = release(technician, case, {"release_option": "now"})
    assert answer.status_code == 200
    assert answer.json()["actual_release_date"] == "2025-06-11T12:00:00Z"
    assert CaseEvent.objects.get(kind="released").source == "api"


def test_of_countless_unknown_fields_a_few_are_named(case, technician):
    """To say it of each of the quarter of a million that fit into a body takes ten seconds."""
    odd = {f"f{number:06}": 0 for number in range(50_000)}
    answer = release(technician, case, {"release_option": "now"} | odd)
    assert answer.status_code == 400
    assert answer.json() == {f"f{number:06}": ["Unknown field."] for number in range(MOST_UNKNOWN)}


def test_schedule_with_and_without_a_date(case, technician, clock):
    answer = release(technician, case, {"release_option": "schedule"})
    assert answer.json()["scheduled_release_date"] == "2025-06-18"
    again = release(technician, case, {"release_option": "schedule", "release_date": "2025-12-25"})
    assert again.status_code == 200
    case.refresh_from_db()
    assert case.scheduled_release_date == dt.date(2025, 12, 25)


def test_a_request_that_is_sent_again_changes_nothing(case, technician, clock):
    """A program that never got the response cannot know that the case was released."""
    first, second = (release(technician, case, {"release_option": "schedule"}) for _ in range(2))
    assert (second.status_code, second.json()) == (200, first.json())
    assert CaseEvent.objects.count() == 1


def test_early_release_is_for_administrators_with_a_reason(case, technician, administrator, clock):
    release(technician, case, {"release_option": "schedule"})
    assert release(technician, case, {"release_option": "now"}).status_code == 403
    assert release(administrator, case, {"release_option": "now"}).json() == {
        "reason": ["Enter a reason. It will be saved in the case history."]
    }
    assert release(administrator, case, {"release_option": "now", "reason": "Hearing"}).status_code == 200


def test_a_release_for_an_older_version_is_refused(case, technician, clock):
    seen = as_(technician).get(f"/api/cases/{case.pk}/").json()["version"]
    scheduled = release(technician, case, {"release_option": "schedule", "version": seen})
    assert scheduled.json()["version"] == seen + 1
    late = release(technician, case, {"release_option": "schedule", "release_date": "2025-12-25", "version": seen})
    assert late.status_code == 409
    case.refresh_from_db()
    assert case.scheduled_release_date == dt.date(2025, 6, 18)


BAD = {
    "nothing": {},
    "unknown option": {"release_option": "later"},
    "misspelled field": {"release_option": "schedule", "release_dat": "2025-12-25"},
    "unreadable date": {"release_option": "schedule", "release_date": "25/12/2025"},
    "date of another type": {"release_option": "schedule", "release_date": 20251225},
    "empty date": {"release_option": "schedule", "release_date": ""},
    "too early": {"release_option": "schedule", "release_date": "2025-06-12"},
    "a list": [],
    "now and tomorrow": {"release_option": "now", "release_date": "2025-06-12"},
    "now and a far date": {"release_option": "now", "release_date": "9999-12-31"},
    "now and tonight": {"release_option": "now", "release_date": "2025-06-11", "release_time": "23:00"},
    "now and a time later today": {"release_option": "now", "release_time": "23:00:00"},
}
TWICE = {
    "schedule, then now": '{"release_option": "schedule", "release_option": "now"}',
    "now, then schedule": '{"release_option": "now", "release_option": "schedule"}',
    "now twice": '{"release_option": "now", "release_option": "now"}',
    "two dates": '{"release_option": "schedule", "release_date": "2025-07-01", "release_date": "2025-07-02"}',
    "the same name, escaped": '{"release_option": "schedule", "release_\\u006fption": "now"}',
    "deeper": '{"release_option": "now", "reason": {"a": 1, "a": 2}}',
}


@pytest.mark.parametrize("body", TWICE.values(), ids=TWICE.keys())
def test_a_field_given_twice_is_a_400_and_changes_nothing(body, case, technician, clock):
    answer = as_(technician).post(f"/api/cases/{case.pk}/release/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json() == {"detail": "A field was sent more than once. Send it once."}
    case.refresh_from_db()
    assert case.status == "accepted"


def test_now_with_a_date_that_has_passed_is_now(case, technician, clock):
    answer = release(technician, case, {"release_option": "now", "release_date": "2025-06-11"})
    assert answer.json()["actual_release_date"] == "2025-06-11T12:00:00Z"


def test_early_release_with_a_date_contradicts_itself_too(case, technician, administrator, clock):
    release(technician, case, {"release_option": "schedule"})
    data = {"release_option": "now", "release_date": "2025-07-01", "reason": "Hearing"}
    answer = release(administrator, case, data)
    assert (answer.status_code, list(answer.json())) == (400, ["release_option"])
    case.refresh_from_db()
    assert case.actual_release_date is None


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_bad_input_is_a_400_and_changes_nothing(data, case, technician, clock):
    assert release(technician, case, data).status_code == 400
    case.refresh_from_db()
    assert case.status == "accepted"


def test_broken_json_is_a_400(case, technician):
    answer = as_(technician).post(f"/api/cases/{case.pk}/release/", "{release_option", content_type="application/json")
    assert answer.status_code == 400


def test_outsiders(case, member, other_member, other_technician, clock):
    now = {"release_option": "now"}
    assert APIClient().post(f"/api/cases/{case.pk}/release/", now, format="json").status_code == 401
    assert release(other_member, case, now).status_code == 404
    assert release(member, case, now).status_code == 403
    assert release(other_technician, case, now).status_code == 403
    case.refresh_from_db()
    assert case.status == "accepted"


def test_a_released_case_is_a_conflict(case, technician, clock):
    release(technician, case, {"release_option": "now"})
    answer = release(technician, case, {"release_option": "now"})
    assert answer.status_code == 409
    assert answer.json() == {"detail": "This case has already been released."}


def test_the_schema_names_the_endpoint(technician):
    schema = as_(technician).get("/api/schema/", headers={"Accept": "application/json"})
    assert schema.status_code == 200
    assert "/api/cases/{id}/release/" in schema.content.decode()


@pytest.mark.parametrize(
    "body",
    ['{"release_option": "\\ud800"}', '{"\\ud800": 1, "release_option": "now"}', "[" * 5000, '"now"', "null"],
    ids=["half a surrogate", "half a surrogate as a name", "nested for ever", "a string", "null"],
)
def test_odd_json_is_a_400(body, case, technician):
    answer = as_(technician).post(f"/api/cases/{case.pk}/release/", body, content_type="application/json")
    assert answer.status_code == 400
    case.refresh_from_db()
    assert case.status == "accepted"


@pytest.mark.parametrize("cursor", ["cD1hYmM=", "cD0lMDA=", "x"])
def test_a_made_up_cursor_is_a_404(cursor, case, technician):
    assert as_(technician).get(f"/api/cases/?cursor={cursor}").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", "Not found."), ("es", "No encontrado.")])
@pytest.mark.parametrize("which", ["another member's", "none"])
def test_what_is_not_there_is_answered_in_the_readers_words(case, other_member, which, language, words):
    pk = case.pk if which == "another member's" else 4711
    client = as_(other_member)
    answers = [
        client.get(f"/api/cases/{pk}/", headers={"Accept-Language": language}),
        client.post(f"/api/cases/{pk}/release/", {}, format="json", headers={"Accept-Language": language}),
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, {"detail": words})] * 2


def test_options_name_the_fields_of_the_request(case, technician):
    fields = as_(technician).options(f"/api/cases/{case.pk}/release/").json()["actions"]["POST"]
    assert set(fields) == {"release_option", "release_date", "release_time", "version", "reason"}
