"""Every URL of a case, for everyone, in every state, with each of the three values of RELEASE_MEMBER_VIEW.

The expectations follow from two rules: people who may not know about a case get 404 (`sees`), and others may act as the
table of permissions says (tests/unit/lifecycle/test_permissions.py checks the table against the design). For each URL,
only its purpose has to be listed: DOORS.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from cases.lifecycle.permissions import PENDING, TABLE, Action, Relation, State
from cases.models import Case, CaseEvent, Condition, User
from tests.attempts import is_private, undone
from tests.clocks import portals_today
from tests.factories import CaseAnswerFactory, CaseDocumentFactory, CaseFactory, CaseMessageFactory, CaseNoteFactory
from tests.urls import url_of, url_patterns, urls_of_a_case

pytestmark = pytest.mark.one_database(
    "is about who gets what: tests/unit has the verbs on both, and tests/web/test_pages.py opens every page on both"
)

STRANGER, MIA, OLGA, TOM, OTTO, ADA = "stranger", "mia", "olga", "tom", "otto", "ada"
ROLES = {MIA: "member", OLGA: "member", TOM: "technician", OTTO: "technician", ADA: "administrator"}
MEMBERS = [MIA, OLGA]
VIEWS = ["hidden", "in_progress", "announced"]

Data = Callable[[Case, str], dict[str, object]]  # for the case and the person
HEAD = {"external_case_id": "C-7K2M9QX4TB", "title": "Survivor benefit"}
BODY = {"description": "Quillfeather family"}
LETTER, REPORT = "marriage.txt", "granted.pdf"
PAYMENT = "Bartleby has paid"
NOTE = "Snickersnee, says the register"
ANSWER = "Yes, Dandiprat counts"
# Written before any release, and about one that was recalled or has happened.
TALK, ABOUT_RELEASE = "Is Fopdoodle enough?", "Gongoozler is in the answer"
PARTS = ["submission", "report"]
SCHEDULED = {State.SCHEDULED, State.HELD_BY_CONDITIONS}

REASON = {"reason": "The member asked for it"}


def nothing(case: Case, person: str) -> dict[str, object]:
    return {}


def a_file(case: Case, person: str) -> dict[str, object]:
    return {"file": ContentFile(b"What I know", name="notes.txt")}


def own_release(case: Case, person: str) -> dict[str, object]:
    """The history says that `person` released the case, because only they can undo it."""
    if ROLES.get(person) in TABLE[Action.UNDO]:
        who = {"actor": User.objects.get(username=person), "at": case.date_created, "source": "web"}
        CaseEvent.objects.create(case=case, kind="released", release_number=1, schedule_revision=1, **who)
    return {}


def a_reason(case: Case, person: str) -> dict[str, object]:
    return REASON


def now(case: Case, person: str) -> dict[str, object]:
    return REASON | {"release_option": "now"}


def another_text(case: Case, person: str) -> dict[str, object]:
    return {"title": "Another", "urgency": "normal"}


def a_technician(case: Case, person: str) -> dict[str, object]:
    """Administrators choose who gets the case. A technician takes it."""
    return {"technician": User.objects.get(username=OTTO).pk} if person == ADA else {}


def a_colleague(case: Case, person: str) -> dict[str, object]:
    return {"to": User.objects.get(username=OTTO).pk}


def a_note(case: Case, person: str) -> dict[str, object]:
    return {"text": "Is that so?"}


def a_message(case: Case, person: str) -> dict[str, object]:
    return {"message": "Here it is."}


def a_condition(case: Case, person: str) -> dict[str, object]:
    return {"kind": "manual", "name": "The bank agrees"}


def an_answer(case: Case, person: str) -> dict[str, object]:
    return {"answer": "Dear Mia, no.", "version": 1}


def another_day(case: Case, person: str) -> dict[str, object]:
    date = portals_today() + dt.timedelta(days=30)
    return REASON | {"release_date": date.isoformat(), "version": case.version}


def another_urgency(case: Case, person: str) -> dict[str, object]:
    return {"urgency": "urgent", "case_type": "general"}


@dataclass(frozen=True)
class Door:
    """A URL with a method: its action (None: only to look), what is sent, and the status of the response: if it is
    done, and if the case is in another state."""

    name: str
    method: str
    action: Action | None
    data: Data = nothing
    done: int = 302
    wrong_state: int = 409
    document: str = "submission"


# A method without a door is answered with 405. A GET at the address of a button leads to the page of the case.
DOORS = [
    Door("case_detail", "get", None, done=200),
    Door("edit_case", "get", Action.EDIT, done=200, wrong_state=302),
    Door("edit_case", "post", Action.EDIT, another_text),
    Door("delete_case", "post", Action.DELETE),
    Door("submit_case", "post", Action.SUBMIT),
    Door("accept_case", "post", Action.ACCEPT, a_technician),
    Door("mark_case_completed", "post", Action.COMPLETE, now),
    Door("reschedule_case", "post", Action.RESCHEDULE, another_day),
    Door("move_case", "get", Action.RESCHEDULE, done=200),
    Door("move_case", "post", Action.RESCHEDULE, another_day),
    Door("return_case", "post", Action.RETURN),
    Door("cancel_schedule", "post", Action.HOLD, a_reason),
    Door("release_now", "post", Action.RELEASE_EARLY, a_reason),
    Door("undo_release", "post", Action.UNDO, own_release),
    Door("recall_release", "post", Action.RECALL, a_reason),
    Door("release_evidence", "get", None, done=200),
    Door("hand_over_case", "post", Action.HAND_OVER, a_colleague),
    Door("correct_case", "post", Action.CORRECT, another_urgency),
    Door("add_note", "post", Action.NOTE, a_note),
    Door("add_condition", "get", Action.ADD_CONDITION, done=200),
    Door("add_condition", "post", Action.ADD_CONDITION, a_condition),
    Door("meet_condition", "post", Action.MEET_CONDITION),
    Door("approve_release", "post", Action.APPROVE),
    Door("waive_condition", "get", Action.WAIVE, done=200),
    Door("waive_condition", "post", Action.WAIVE, a_reason),
    Door("link_condition", "post", Action.ADD_CONDITION, done=200),
    Door("remove_condition", "post", Action.ADD_CONDITION),
    Door("send_message", "post", Action.WRITE_MESSAGE, a_message),
    Door("end_waiting", "post", Action.END_WAITING),
    Door("write_answer", "post", Action.WRITE_ANSWER, an_answer),
    Door("preview_case", "get", None, done=200),
    Door("release_timeline", "get", None, done=200),
    Door("attach_document", "post", Action.ATTACH, a_file),
    *[Door("document", "get", None, done=200, document=part) for part in PARTS],
    # A text is downloaded; browsers show a PDF.
    *[
        Door(name, "get", None, done=done, document=part)
        for name in ("view_document", "document_content")
        for part, done in (("submission", 302), ("report", 200))
    ],
    *[Door("remove_document", "get", Action.ATTACH, done=200, document=part) for part in PARTS],
    *[Door("remove_document", "post", Action.ATTACH, document=part) for part in PARTS],
    Door("api_case-detail", "get", None, done=200),
    # Completes a case that is not completed. The action for other states is in `action_of`.
    Door("api_case-release", "post", Action.COMPLETE, now, done=200),
]
# Each is about a condition of its own kind.
OF_A_CONDITION = {
    "meet_condition": "manual",
    "approve_release": "approval",
    "waive_condition": "manual",
    "link_condition": "external",
    "remove_condition": "manual",
}
# For members they do not exist, like the whole calendar.
FOR_STAFF = {
    "move_case",
    "add_note",
    "end_waiting",
    "preview_case",
    "release_evidence",
    "release_timeline",
    "write_answer",
    "add_condition",
    *OF_A_CONDITION,
}
OF_A_DOCUMENT = {"document", "view_document", "document_content", "remove_document"}


def test_every_url_of_a_case_has_a_door():
    named = {door.name for door in DOORS}
    assert named == urls_of_a_case(), "add it to DOORS. If its id is no case's, tests/urls.py says so"


# --- What must hold -------------------------------------------------------------------------------------------------


def found_in(state: State, person: str) -> State:
    """Return the state in which `person` finds the case, which is never late for the member who visits."""
    return State.RELEASED if state is State.DUE and person == MIA else state


def sees(person: str, state: State, view: str) -> bool:
    """Return whether `person` may know about the case."""
    match ROLES[person]:
        case "administrator":
            return True
        case "technician":
            return state is not State.DRAFT
        case _:
            return person == MIA and (state not in PENDING or view != "hidden")


def sees_document(person: str, part: str, state: State, view: str) -> bool:
    """Return whether `person`, who sees the case, may know about the member's documents, or about the report."""
    if person != MIA:
        return True
    return state is State.RELEASED if part == "report" else not (view == "announced" and state in SCHEDULED)


def is_related(person: str, relation: Relation, state: State) -> bool:
    """A case that no one has accepted is unassigned. An accepted one is Tom's."""
    match relation:
        case Relation.OWN:
            return person == MIA
        case Relation.ASSIGNED:
            return person == TOM and state not in (State.DRAFT, State.SUBMITTED)
        case Relation.OTHERS:
            return person != TOM or state in (State.DRAFT, State.SUBMITTED)
        case _:
            return True


def is_unread(state: State, view: str) -> bool:
    """Return whether the member can't read the conversation now, so that no one may write in it."""
    hidden = {"hidden": PENDING, "announced": SCHEDULED | {State.DUE}}.get(view, frozenset())
    return state in hidden


def action_of(door: Door, state: State) -> Action | None:
    if door.name == "api_case-release" and state in PENDING:
        return Action.RELEASE_EARLY
    return door.action


def answer(door: Door, person: str, state: State, view: str) -> int:
    """Return the status that a person who is signed in gets."""
    if not sees(person, state, view) or (door.name in FOR_STAFF and person in MEMBERS):
        return 404
    if door.name in OF_A_DOCUMENT and not sees_document(person, door.document, state, view):
        return 404
    if door.name == "release_evidence" and state is not State.RELEASED:
        return 404  # there was no release
    if (action := action_of(door, state)) is None:
        return door.done
    rule = TABLE[action].get(ROLES[person])
    if rule is None or not is_related(person, rule.relation, state):
        return 403
    if state not in rule.states:
        return door.wrong_state
    if door.name == "send_message" and is_unread(state, view):
        return 409
    if door.name == "remove_document" and door.document != ("submission" if person == MIA else "report"):
        return 403  # on an open case, people may remove only the kinds they may attach
    return door.done


def secrets(person: str, state: State, view: str) -> set[str]:
    """Return what a member, or a stranger, must not read anywhere."""
    head, body = set(HEAD.values()), {*BODY.values(), LETTER, TALK}
    of_release = {REPORT, ANSWER, ABOUT_RELEASE}
    if person != MIA or not sees(person, state, view):
        return {*head, *body, *of_release, NOTE, PAYMENT}
    if view == "announced" and state in SCHEDULED:
        return {*body, *of_release, NOTE, PAYMENT}
    return {NOTE, PAYMENT} if state is State.RELEASED else {*of_release, NOTE, PAYMENT}


# --- Whether it does ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """Someone tries a door while the case is in a state, with one RELEASE_MEMBER_VIEW."""

    person: str
    door: Door
    state: State
    view: str

    def __str__(self) -> str:
        return f"{self.person}, {self.door.method} {self.door.name} ({self.door.document}), {self.state}, {self.view}"

    @property
    def expected(self) -> int:
        """Return the expected status."""
        if self.person == STRANGER:
            return 401 if self.door.name.startswith("api") else 302
        if self.door not in DOORS:
            return self.door.done
        return answer(self.door, self.person, found_in(self.state, self.person), self.view)

    @property
    def hidden(self) -> set[str]:
        """Return what must not be in the response."""
        if self.person in (STRANGER, *MEMBERS):
            return secrets(self.person, found_in(self.state, self.person), self.view)
        return set()

    def problems(self, client: Client, case: Case, before: dict[str, object]) -> Iterator[str]:
        """Send the request and roll back. Return sentences about what is wrong. `before` is the row of the case."""
        with undone():
            response = self._response(client, case)
            refused = response.status_code >= 400 and found_in(self.state, self.person) is self.state
            changed = refused and row_of(case) != before
            body = b"".join(response.streaming_content) if response.streaming else response.content
        if response.status_code != self.expected:
            yield f"{self}: {response.status_code} and not {self.expected}"
        if self.person != STRANGER and not is_private(response):
            yield f"{self}: may be kept: {response.headers.get('Cache-Control')}"
        if changed:
            yield f"{self}: refused, and the case is changed"
        text = f"{response.headers}{body.decode()}"
        yield from (f"{self}: says “{secret}”" for secret in self.hidden if secret in text)

    def _response(self, client: Client, case: Case) -> Any:
        if kind := OF_A_CONDITION.get(self.door.name):
            add_condition(case, kind)
        document = case.documents.get(kind=self.door.document) if self.door.name in OF_A_DOCUMENT else None
        url = url_of(self.door.name, case, document_pk=document and document.pk)
        if self.door.method == "get":
            return client.get(url)
        form = {"content_type": "application/json"} if self.door.name.startswith("api") else {}
        return client.post(url, self.door.data(case, self.person), **form)


def row_of(case: Case) -> dict[str, object]:
    return Case.objects.filter(pk=case.pk).values().get()


@pytest.fixture
def clients(
    member: User, other_member: User, technician: User, other_technician: User, administrator: User, clock: object
) -> dict[str, Client]:
    """A browser for each person. All are signed in except the stranger."""
    clients = {STRANGER: Client()}
    for user in (member, other_member, technician, other_technician, administrator):
        clients[user.username] = Client()
        clients[user.username].force_login(user)
    return clients


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    """Don't log thousands of refusals."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def case_in(state: State, mark: str = "") -> Case:
    """Create a case of Mia, and of Tom once it is accepted, with a document from each. All its texts begin with
    `mark`."""
    people = {"member": User.objects.get(username=MIA)}
    if state not in (State.DRAFT, State.SUBMITTED):
        people["assigned_to"] = User.objects.get(username=TOM)
    trait = {} if state is State.ACCEPTED else {state.value: True}
    case = CaseFactory(**{name: mark + text for name, text in (HEAD | BODY).items()}, **people, **trait)
    CaseDocumentFactory(case=case, submission=True, name=mark + LETTER, content_type="text/plain")
    CaseDocumentFactory(case=case, name=mark + REPORT)
    CaseNoteFactory(case=case, text=mark + NOTE)
    met = {"state": "met", "settled_at": timezone.now(), "settled_through": "link"}
    add_condition(case, "external", name=mark + PAYMENT, **met)
    CaseAnswerFactory(case=case, text=mark + ANSWER)
    CaseMessageFactory(case=case, text=mark + TALK)
    CaseMessageFactory(case=case, text=mark + ABOUT_RELEASE, release_number=1)
    return case


def add_condition(case: Case, kind: str, name: str = PAYMENT, **columns: object) -> None:
    """Add a condition, by Tom if he has the case."""
    at = timezone.now()
    made = Condition.objects.create(case=case, kind=kind, name=name, created=at, since=at, **columns)
    actor = User.objects.get(username=TOM)
    event = {"kind": "condition_added", "source": "web", "schedule_revision": 0, "details": {"condition": made.pk}}
    CaseEvent.objects.create(case=case, at=at, actor=actor, **event)


def no_doors() -> Iterator[Door]:
    """Return the methods without a door. They are answered before a case is read, whatever its state."""
    for name in sorted(urls_of_a_case()):
        for method in {"get", "post"} - {door.method for door in DOORS if door.name == name}:
            leads_to_the_case = method == "get" and not name.startswith("api")
            yield Door(name, method, None, done=302 if leads_to_the_case else 405)


def views_for(person: str, state: State) -> list[str]:
    """The setting is about members and makes no difference to anyone else. Olga never sees the case, so she is checked
    once."""
    match person:
        case "mia":
            return VIEWS
        case "olga":
            return [VIEWS[list(State).index(state) % len(VIEWS)]]
        case _:
            return VIEWS[:1]


def problems_of(doors: list[Door], state: State, clients: dict[str, Client], settings: Any) -> list[str]:
    """Return what is wrong when the `clients` try the doors of a case in that state."""
    case = case_in(state)
    before = row_of(case)
    found = []
    for person, client in clients.items():
        for settings.RELEASE_MEMBER_VIEW in views_for(person, state):
            for door in doors:
                found += Attempt(person, door, state, settings.RELEASE_MEMBER_VIEW).problems(client, case, before)
    return found


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_gets_what_of_a_case(method, state, clients, settings):
    """Strangers are sent away before a case is read, so they try it once, in the state with the most to see."""
    if state is not State.RELEASED:
        del clients[STRANGER]
    assert problems_of([door for door in DOORS if door.method == method], state, clients, settings) == []


def test_what_is_no_door_tells_nothing(clients, settings):
    assert problems_of(list(no_doors()), State.SCHEDULED, clients, settings) == []


# States about which a member does not know everything, each with a mark that no other text begins with.
KEPT_BACK = {state: f"{number}-" for number, state in enumerate([State.ACCEPTED, *sorted(PENDING)])}
# Some things they say about a case only if it is the only one, the latest, or the first.
SHOW_CASES = {"dashboard", "case_list", "api_case-list", "search", "palette", "live", "notifications"}


@pytest.mark.parametrize("view", VIEWS)
def test_no_other_page_tells_a_member_what_is_hidden(view, clients, settings):
    """Create a case in each of the states, distinguished by their marks, so that one look at a page covers all of
    them."""
    settings.RELEASE_MEMBER_VIEW = view
    cases = {state: case_in(state, mark) for state, mark in KEPT_BACK.items()}
    found = said_of(cases, sorted(url_patterns().keys() - urls_of_a_case()), view, clients)
    for state in KEPT_BACK:
        with undone():
            Case.objects.exclude(pk=cases[state].pk).update(member=User.objects.get(username=TOM))
            found += said_of({state: cases[state]}, sorted(SHOW_CASES), view, clients)
    assert found == []


def said_of(cases: dict[State, Case], names: list[str], view: str, clients: dict[str, Client]) -> list[str]:
    """Return sentences about what the pages `names` tell a member about the `cases`, by state, but should not."""
    found = []
    for person in MEMBERS:
        hidden = {
            KEPT_BACK[state] + secret for state in cases for secret in secrets(person, found_in(state, person), view)
        }
        for name in names:
            with undone():
                response = clients[person].get(url_of(name, next(iter(cases.values()))))
            text = f"{response.headers}{response.content.decode()}"
            found += [f"{person}, {name}, {view}: says “{secret}”" for secret in hidden if secret in text]
    return found
