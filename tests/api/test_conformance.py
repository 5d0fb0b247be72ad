"""The API conforms to its schema, whatever is sent: Schemathesis with all its checks, as each role."""

from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from cases.models import Case
from portal.wsgi import application
from tests.pages import ADMINISTRATOR, MEMBER, TECHNICIAN, World, make_world
from tests.tokens import header, new_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("open_connection"),
    pytest.mark.one_database("is about the schema: tests/web/test_odd_requests.py sends odd values to both"),
]

CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"max-examples": 25, "deterministic": True, "database": "none"},
        "operations": [
            {
                # Which dates are allowed, and whether a reason is needed, depend on the day and the case.
                "include-path-regex": "/release/$",
                "checks": {"positive_data_acceptance": {"expected-statuses": [200, 400, 401, 403, 404, 409]}},
            }
        ],
    }
)
SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True), config=CONFIG)


def closed_when_read(*request: Any) -> Iterable[bytes]:
    """Close the response, as every server does and Schemathesis does not. Only then is the request finished."""
    with closing(application(*request)) as response:
        return list(response)


SCHEMA.app = closed_when_read


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture(params=[None, MEMBER, TECHNICIAN, ADMINISTRATOR])
def headers(request, world) -> dict[str, str]:
    """For a stranger, and for each role."""
    return header(new_token(world.user(request.param))) if request.param else {}


@pytest.fixture
def ids(world) -> list[int]:
    return list(Case.objects.order_by("pk").values_list("pk", flat=True))


def with_a_case_that_exists(case: schemathesis.Case, ids: list[int]) -> schemathesis.Case:
    given = str(case.path_parameters.get("id", ""))
    if given.isascii() and given.isdecimal() and len(given) <= 18:
        case.path_parameters["id"] = str(ids[int(given) % len(ids)])
    return case


@SCHEMA.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_it_keeps_what_the_schema_says(case: schemathesis.Case, headers, ids):
    with transaction.atomic():
        with_a_case_that_exists(case, ids).call_and_validate(headers=headers)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/", 404),
        ("/api/nothing/", 404),
        ("/api/cases/x/", 404),
        ("/api/cases/" + "9" * 19 + "/", 404),
        ("/api/cases/?cursor=%00", 400),
        ("/api/cases/?x=" + "x" * 3000, 400),
    ],
)
def test_programs_are_refused_in_json(path, status, world):
    client = Client(headers=header(new_token(world.technician)))
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "detail"),
    [
        ('{"reason": "' + "x" * 3_000_000 + '"}', "application/json", 413, "The request is too large."),
        ("release_option=now", "text/plain", 415, "Send the body as JSON, and say so in its Content-Type."),
    ],
    ids=["too large", "no JSON"],
)
def test_a_refused_body_is_told_what_to_do(body, content_type, status, detail, world):
    client = Client(headers=header(new_token(world.technician)))
    pk = world.case("accepted").pk
    answer = client.post(f"/api/cases/{pk}/release/", body, content_type=content_type)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


@pytest.mark.parametrize("value", ["Bearer advp_1", "Basic YTpi", ""])
def test_a_program_without_a_token_is_told_how_to_send_one(value, world):
    answer = Client(headers={"Authorization": value} if value else {}).get("/api/cases/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer.json() == {"detail": "Send a token: “Authorization: Token advp_…”."}


def test_people_are_refused_on_pages(world):
    client = world.client(TECHNICIAN)
    for path, status in (("/nothing/", 404), ("/cases/?q=%00", 400)):
        answer = client.get(path)
        assert answer.status_code == status
        assert "<html" in answer.content.decode()


@pytest.mark.parametrize("reason", [5, True, ["a"], {"a": 1}])
def test_a_reason_is_text(reason, world):
    client = Client(headers=header(new_token(world.administrator)))
    body = {"release_option": "now", "reason": reason}
    pk = world.case("scheduled").pk
    answer = client.post(f"/api/cases/{pk}/release/", body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"reason"}
