"""The queries of links to the case list: the filter accepts each of them from those who see it."""

import ast
import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings as project
from django.http import QueryDict

from cases.forms.case_filter import CaseFilter
from cases.lifecycle import notification_texts
from cases.lifecycle.notification_kinds import Kind
from cases.models import Notification
from cases.selectors.dashboard_sections import sections_for
from cases.selectors.saved_views import views_of
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

CASES = Path(project.BASE_DIR) / "cases"
STAFF = ["technician", "administrator"]
PAIR = rf"(?:{'|'.join(CaseFilter.base_fields)})=[\w-]+"
QUERY = re.compile(rf"[?&]?({PAIR}(?:&{PAIR})*)")


def errors(query, person) -> dict:
    return dict(CaseFilter(QueryDict(query), by=person).errors)


def in_templates(values: dict[str, str]) -> set[str]:
    """Return the parameters that templates write after the address of the list, with `values` in place of variables."""
    lines = [line for path in CASES.rglob("*.html") for line in path.read_text().splitlines() if "'case_list'" in line]
    asked = [unescape(query) for line in lines for query in re.findall(r'\?([^"]+)"', line)]
    pairs = {pair for query in asked for pair in re.findall(r"(\w+)=(\{\{.*?\}\}|[\w-]+)", query)}
    return {f"{name}={values[name] if '{' in value else value}" for name, value in pairs}


def in_code() -> set[str]:
    """Return the texts in the code that are such queries."""
    trees = [ast.parse(path.read_text()) for path in CASES.rglob("*.py")]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {found[1] for text in texts if isinstance(text, str) and (found := QUERY.fullmatch(text))}


@pytest.mark.parametrize("person", STAFF)
def test_the_list_takes_what_links_in_templates_and_code_ask_for(person, member, technician, request):
    person = request.getfixturevalue(person)
    CaseFactory(member=member)
    written = in_templates({"technician": str(technician.pk), "member": member.username})
    assert {f"technician={technician.pk}", "member=mia", "state=open", "due=conditions", "state=held"} <= written
    written |= in_code()
    assert {"state=scheduled", "technician=mine", "state=accepted&technician=mine"} <= written
    of_technicians = {query for query in written if "technician=mine" in query}
    seen = written if person.is_technician else written - of_technicians
    assert {query: problem for query in seen if (problem := errors(query, person))} == {}


@pytest.mark.parametrize("view", ["in_progress", "announced"])
@pytest.mark.parametrize("person", ["member", *STAFF])
def test_the_list_takes_what_views_and_dashboards_ask_for(person, view, settings, request):
    settings.RELEASE_MEMBER_VIEW = view
    person = request.getfixturevalue(person)
    queries = [each.query for each in [*views_of(person), *sections_for(person)]]
    assert len(queries) >= 5
    assert {query: problem for query in queries if (problem := errors(query, person))} == {}


@pytest.mark.parametrize("person", STAFF)
def test_the_list_takes_what_the_notification_of_the_queue_asks_for(person, request):
    person = request.getfixturevalue(person)
    address, query = notification_texts.path(Notification(kind=Kind.QUEUE, recipient=person)).split("?")
    assert (address, errors(query, person)) == ("/cases/", {})
