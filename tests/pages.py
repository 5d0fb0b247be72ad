"""Every page of the portal, and who may open it. Tests, query counts and screenshots go through this list.

A page is a URL that answers with a whole HTML page; tests/web/test_pages.py compares the list with the URL
configuration. Its variants (filters, nothing found, a form with errors) are entries of their own.
"""

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.accounts import api_tokens
from cases.casework import saved_views
from cases.conversation import canned_texts
from cases.delivery import signed_links, unsubscribe
from cases.delivery.notifications import notify, notify_queue
from cases.documents import file_types
from cases.lifecycle.permissions import Action
from cases.models import (
    BulkRow,
    BulkRun,
    CannedText,
    Case,
    CaseDocument,
    CaseType,
    Condition,
    Notification,
    SavedView,
    User,
)
from cases.models.case_states import HELD, RELEASED, SCHEDULED
from tests.clocks import portals_today
from tests.factories import (
    CaseAnswerFactory,
    CaseDocumentFactory,
    CaseFactory,
    CaseMessageFactory,
    CaseNoteFactory,
    CaseTypeFactory,
    UserFactory,
)
from tests.urls import url_of

STRANGER, MEMBER, NEWCOMER, TECHNICIAN, ADMINISTRATOR = "stranger", "member", "newcomer", "technician", "administrator"
STAFF = (TECHNICIAN, ADMINISTRATOR)
EVERYBODY = (MEMBER, *STAFF)
PASSWORD = "a long enough password"
LINK_TOKEN = "the-token-of-a-confirmation-link"

# --- The portal in which they are opened -----------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """People, and a case of the member in each state, worked on by the technician.

    The newcomer is a member without cases; the administrator has a second factor; the invited has no password yet.
    """

    member: User
    newcomer: User
    technician: User
    administrator: User
    invited: User

    def user(self, person: str) -> User | None:
        """None is the stranger."""
        return None if person == STRANGER else getattr(self, person)

    def case(self, state: str) -> Case:
        """Return the member's first case in that state, preferably one with documents."""
        cases = Case.objects.filter(_where(state), member=self.member)
        return cases.order_by(F("documents__pk").asc(nulls_last=True), "pk")[0]

    def client(self, person: str) -> Client:
        """Return a browser in which `person` has just signed in and confirmed it, as far as the portal can tell."""
        user = self.user(person)
        return signed_in(user) if user else Client()


def signed_in(user: User) -> Client:
    """Return a browser in which `user` has just signed in and confirmed it, as far as the portal can tell."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "username": user.username, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def _where(state: str) -> Q:
    today = portals_today()
    special = {
        "held": HELD,
        "scheduled": SCHEDULED & Q(scheduled_release_date__gt=today),
        "due": SCHEDULED & Q(scheduled_release_date__lt=today),
        "released": RELEASED,
    }
    return special.get(state, Q(status=state))


STATES = ["draft", "submitted", "accepted", "held", "scheduled", "due", "released"]


def make_world() -> World:
    """A small portal for tests."""
    member = UserFactory(username="mia", first_name="Mia")
    technician = UserFactory(username="tom", role=User.Role.TECHNICIAN)
    for state in STATES:
        worked_on = {} if state in ("draft", "submitted") else {"assigned_to": technician}
        trait = {} if state == "accepted" else {state: True}
        case = CaseFactory(member=member, urgency="urgent" if state == "accepted" else "normal", **worked_on, **trait)
        CaseDocumentFactory(case=case, submission=True)
        CaseDocumentFactory(case=case)
        if state != "draft":
            CaseNoteFactory(case=case)
            CaseMessageFactory(case=case)
        if state not in ("draft", "submitted"):
            CaseAnswerFactory(case=case)
    return complete_world(member, technician, UserFactory(username="ada", role=User.Role.ADMINISTRATOR, is_staff=True))


def complete_world(member: User, technician: User, administrator: User) -> World:
    """Add the people who are missing. The administrator gets an authenticator app."""
    TOTP.activate(administrator, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(administrator)
    administrator.set_password(PASSWORD)
    administrator.save()
    api_tokens.create(user=administrator, by=administrator, name="Reports", days=90)
    with_conditions(Case.objects.filter(member=member, status=Case.Status.ACCEPTED).earliest("pk"))
    verbs = {"source": "web", "query": "state=held"}
    saved_views.create(by=technician, name="Divorce orders", **verbs)
    saved_views.create(by=administrator, name="Held back", is_shared=True, **verbs)
    # The demo does not have these names, because `make screenshots` adds these people to it.
    CaseTypeFactory(
        name="Survivor benefit", guidance="Attach every death certificate.", conditions=["manual", "report"]
    )
    with_bulk_runs(technician)
    with_notifications(member, technician)
    canned_texts.add(by=administrator, source="web", name="Form SF-180", text="Please send form SF-180.")
    invited = UserFactory(username="ida", first_name="Ida", last_name="Novak", role=User.Role.TECHNICIAN)
    invited.set_unusable_password()
    invited.save()
    newcomer = UserFactory(username="nora", first_name="Nora", last_name="Young")
    return World(member, newcomer, technician, administrator, invited)


def with_bulk_runs(technician: User) -> None:
    """Give the technician three bulk changes: previewed, half done (a worker holds it for a day), and done.

    The reason why a row is refused is stored in the language of the person who started the run. Here it is in no
    language.
    """
    now = timezone.now()
    cases = list(Case.objects.filter(assigned_to=technician).order_by("pk")[:3])
    for state, results in {"previewed": ["", ""], "running": ["done", ""], "done": ["done", "changed"]}.items():
        is_started = state != "previewed"
        run = BulkRun.objects.create(
            action="shift", parameters={"days": 2}, by=technician, language="en", state=state, created=now,
            started=now if is_started else None, finished=now if state == "done" else None,
            lease_until=now + dt.timedelta(days=1) if state == "running" else None,
            total=3, to_do=2, worked=sum(map(bool, results)), changed=results.count("done"),
            crowded=[[portals_today().isoformat(), 120, False]],
        )  # fmt: skip
        for place, (case, result) in enumerate(zip(cases, [*results, ""], strict=True)):
            BulkRow.objects.create(
                run=run, case=case, position=place, case_version=case.version, to_date=portals_today(),
                before={"date": portals_today().isoformat()}, verdict="will" if place < 2 else "state", result=result,
                words="" if place < 2 and result != "changed" else case.external_case_id,
            )  # fmt: skip


@transaction.atomic
def with_notifications(member: User, technician: User) -> None:
    """Notify the member about a case in progress and a released one, and the technician about the queue and a case."""
    accepted = Case.objects.filter(member=member, status=Case.Status.ACCEPTED).earliest("pk")
    released = Case.objects.filter(RELEASED, member=member).earliest("pk")
    now, kind = timezone.now(), Notification.Kind
    notify(kind.RECEIVED, case=accepted, to=[member], by="portal", at=now)
    Notification.objects.update(read_at=now)
    notify(kind.ACCEPTED, case=accepted, to=[member], by=technician, at=now)
    notify(kind.RELEASED, case=released, to=[member], by="sweep", at=now, ref=released.release_number)
    notify(kind.ASSIGNED, case=accepted, to=[technician], by="portal", at=now)
    notify_queue(by=member, at=now)


def with_conditions(case: Case) -> None:
    """Give the case a condition to confirm, and one that a link confirms."""
    case.conditions.create(kind="manual", name="Payment received", created=timezone.now(), since=timezone.now())
    case.conditions.create(
        kind="external",
        name="Confirmed by court",
        created=timezone.now(),
        since=timezone.now(),
        link_digest=hashlib.sha256(LINK_TOKEN.encode()).hexdigest(),
        link_expires_at=timezone.now() + dt.timedelta(days=30),
    )
    case.open_conditions = case.conditions.filter(state="open").count()
    case.save()


# --- The pages -------------------------------------------------------------------------------------------------------

# The maximum number of statements for pages that need more than eight, or must stay below that.
QUERIES = {
    "absences": 10,
    "account_login": 0,
    "account_reset_password_from_key": 9,
    "api_case-detail": 6,
    "api_case-list": 5,
    "bulk_run": 10,
    "calendar": 9,
    "new_bulk_run": 9,
    "case_detail": 18,
    "case_list": 16,
    "condition_by_link": 13,
    "edit_case": 9,
    "dashboard": 13,
    "mfa_activate_totp": 11,
    "notifications": 13,
    "account_reauthenticate": 10,
    "new_case": 5,
    "operations": 25,
    "people": 4,
    "person": 13,
    "person_absences": 10,
    "preview_case": 10,
    "release_evidence": 9,
    "search": 20,
    "release_timeline": 9,
    "reminder_link": 12,
    "unsubscribe": 12,
}

Address = Callable[[World], str]
Step = Callable[[Any, World], None]  # what is done on the open page, a Playwright Page


@dataclass(frozen=True)
class Page:
    """A page, or a variant of it. `name` and `person` are unique together."""

    name: str
    url_name: str
    people: tuple[str, ...]
    address: Address
    status: int = 200
    step: Step | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def queries(self) -> int:
        """The maximum number of statements, however many cases there are."""
        return QUERIES.get(self.url_name, 8)


def at(url_name: str, query: str = "", **arguments: object) -> Address:
    """Return the URL without a case."""
    return lambda world: reverse(url_name, kwargs=arguments) + query


def of_case(url_name: str, state: str) -> Address:
    return lambda world: url_of(url_name, world.case(state))


def of_shown_document(url_name: str, state: str) -> Address:
    """Return the URL of the first document that a browser shows in the page."""

    def address(world: World) -> str:
        cases = Case.objects.filter(_where(state), member=world.member)
        shown = CaseDocument.objects.filter(case__in=cases, content_type__in=file_types.SHOWN).earliest("pk")
        return url_of(url_name, shown.case, document_pk=shown.pk)

    return address


def on_release_day(url_name: str) -> Address:
    """Return the URL with the day for which a case is scheduled."""
    return lambda world: f"{reverse(url_name)}?date={world.case('scheduled').scheduled_release_date}"


def of_condition(url_name: str) -> Address:
    """Return the URL of a condition to confirm, on a case in progress."""

    def address(world: World) -> str:
        condition = Condition.objects.filter(kind="manual", state="open", case__member=world.member).earliest("pk")
        return reverse(url_name, args=[condition.case_id, condition.pk])

    return address


def of_person(url_name: str, person: str) -> Address:
    return lambda world: reverse(url_name, args=[getattr(world, person).pk])


SEND = """(form, fields) => {
    let button = null;
    for (const [name, value] of Object.entries(fields)) {
        const pressed = form.querySelector(`button[name="${name}"][value="${value}"]`);
        if (pressed) button = pressed;
        else form.elements[name].value = value;
    }
    form.noValidate = true;
    if (button) form.requestSubmit(button);
    else HTMLFormElement.prototype.submit.call(form);
}"""


def send(form: str, **fields: str) -> Step:
    """Fill in `fields` and submit the form whose address ends like that (empty: the page's own), bypassing the
    browser's own validation. A field may be the button that is pressed."""

    def step(tab: Any, world: World) -> None:
        found = tab.locator(f"form[action$='{form}']" if form else "main form:not([action])").first
        with tab.expect_navigation():
            found.evaluate(SEND, fields)

    return step


def sign_in_with_password(tab: Any, world: World) -> None:
    """Sign in as the administrator, who is then asked for the second factor."""
    send("login/", login=world.administrator.username, password=PASSWORD)(tab, world)


def set_password_address(world: World) -> str:
    key = default_token_generator.make_token(world.invited)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(world.invited), key])


def of_signed_link(world: World) -> str:
    """Return the technician's link to move the release of a scheduled case."""
    case = world.case("scheduled")
    link = signed_links.link(Action.RESCHEDULE, case=case, person=world.technician, now=timezone.now())
    return link.removeprefix(settings.PORTAL_URL)


def of_first_token(world: World) -> str:
    return reverse("end_api_token", args=[world.administrator.api_tokens.earliest("pk").pk])


def of_run(url_name: str, state: str) -> Address:
    """Return the URL of a bulk run in that state."""
    return lambda world: reverse(url_name, args=[BulkRun.objects.filter(state=state).latest("pk").pk])


def on_all_scheduled(action: str) -> Address:
    """Return the form of a bulk action on everything that is scheduled."""
    return at("new_bulk_run", f"?action={action}&all=1&query=state%3Dscheduled")


def to_unsubscribe(world: World) -> str:
    return unsubscribe.link(world.member, ["received"]).removeprefix(settings.PORTAL_URL)


def of_first_type(world: World) -> str:
    return reverse("case_type", args=[CaseType.objects.earliest("pk").pk])


def of_first_text(world: World) -> str:
    return reverse("canned_text", args=[CannedText.objects.earliest("pk").pk])


def page(name: str, url_name: str, people: tuple[str, ...], query: str = "", **options: Any) -> Page:
    return Page(name, url_name, people, options.pop("address", at(url_name, query)), **options)


def cases_by_state() -> Iterator[Page]:
    """Return the pages of a case in every state, for those who see it."""
    hidden = dict.fromkeys(("held", "scheduled", "due"), STAFF)
    for state in STATES:
        people = (hidden | {"draft": (MEMBER, ADMINISTRATOR)}).get(state, EVERYBODY)
        yield page(f"case-{state}", "case_detail", people, address=of_case("case_detail", state))


def previews() -> Iterator[Page]:
    """Return the member's view of a case, also of one that they do not see now."""
    for state in ("draft", "accepted", "scheduled", "released"):
        people = (ADMINISTRATOR,) if state == "draft" else STAFF
        yield page(f"preview-{state}", "preview_case", people, address=of_case("preview_case", state))
    for state in ("accepted", "scheduled"):
        after = lambda world, state=state: of_case("preview_case", state)(world) + "?when=after"  # noqa: E731
        yield page(f"preview-after-{state}", "preview_case", STAFF, address=after)


def release_timelines() -> Iterator[Page]:
    """Return the pages about the past and future of a release."""
    for state in ("accepted", "scheduled", "released"):
        name = f"release-timeline-{state}"
        yield page(name, "release_timeline", STAFF, address=of_case("release_timeline", state))


def of_view_named(name: str) -> Address:
    return lambda world: reverse("saved_view", args=[SavedView.objects.get(name=name).pk])


FAR = "date=2031-01-01"
PAGES = [
    # Getting in
    page("login", "account_login", (STRANGER,)),
    page("login-refused", "account_login", (STRANGER,), step=send("login/", login="nobody", password="wrong")),
    page("password-reset", "account_reset_password", (STRANGER,)),
    page("password-reset-done", "account_reset_password_done", (STRANGER,)),
    page("password-set", "account_reset_password_from_key", (STRANGER,), address=set_password_address, status=302),
    page(
        "password-set-bad-link",
        "account_reset_password_from_key",
        (STRANGER,),
        address=at("account_reset_password_from_key", uidb36="1", key="no-such-key"),
    ),
    page("password-set-done", "account_reset_password_from_key_done", (STRANGER,)),
    page("inactive", "account_inactive", (STRANGER,)),
    page(
        "second-factor",
        "mfa_authenticate",
        (STRANGER,),
        address=at("account_login"),
        step=sign_in_with_password,
    ),
    page("condition-link", "condition_by_link", (STRANGER,), address=at("condition_by_link", token=LINK_TOKEN)),
    page("condition-link-unknown", "condition_by_link", (STRANGER,), status=404,
         address=at("condition_by_link", token="no-such-token")),
    # Everyone's
    page("dashboard", "dashboard", (*EVERYBODY, NEWCOMER)),
    page("cases", "case_list", (*EVERYBODY, NEWCOMER)),
    page("cases-accepted", "case_list", EVERYBODY, "?state=accepted"),
    page("cases-none-found", "case_list", EVERYBODY, "?q=no+such+words"),
    page("cases-bad-filter", "case_list", EVERYBODY, "?state=nonsense"),
    page("search", "search", EVERYBODY, "?q=question"),
    page("search-empty", "search", (*EVERYBODY, NEWCOMER)),
    page("search-nothing", "search", EVERYBODY, "?q=qestion+nothing"),
    page("search-refused", "search", EVERYBODY, "?q=" + "a+" * 11),
    *cases_by_state(),
    page("document-view", "view_document", EVERYBODY, address=of_shown_document("view_document", "released")),
    page("notifications", "notifications", (*EVERYBODY, NEWCOMER)),
    page("notification-settings", "notification_settings", EVERYBODY),
    page("notification-settings-refused", "notification_settings", (MEMBER,), step=send("", received="")),
    page("unsubscribe", "unsubscribe", (STRANGER,), address=to_unsubscribe),
    page("unsubscribe-unknown", "unsubscribe", (STRANGER,), status=404,
         address=at("unsubscribe", token="no-such-token")),
    page("logout", "account_logout", EVERYBODY),
    page("profile", "profile", EVERYBODY),
    page("absence", "absences", (TECHNICIAN,)),
    page("absence-refused", "absences", (TECHNICIAN,), step=send("", first_day="2020-01-01")),
    page("person-absence", "person_absences", (ADMINISTRATOR,), address=of_person("person_absences", "technician")),
    page("reminder-link", "reminder_link", (TECHNICIAN,), address=of_signed_link),
    page("reminder-link-unknown", "reminder_link", (TECHNICIAN,), status=404,
         address=at("reminder_link", token="no-such-token")),
    page("password-change", "account_change_password", EVERYBODY),
    page("password-change-refused", "account_change_password", (MEMBER,), step=send("change/", password1="1")),
    page("sessions", "usersessions_list", EVERYBODY),
    page("api-tokens", "api_tokens", EVERYBODY),
    page("api-token-new", "new_api_token", EVERYBODY),
    page("api-token-refused", "new_api_token", (MEMBER,), step=send("", days="0")),
    page("api-token-created", "new_api_token", (MEMBER,), step=send("", name="Screenshots", days="30")),
    page("api-token-end", "end_api_token", (ADMINISTRATOR,), address=of_first_token),
    page("security", "mfa_index", EVERYBODY),
    page("security-app-on", "mfa_activate_totp", (MEMBER, TECHNICIAN)),
    page("security-app-off", "mfa_deactivate_totp", (ADMINISTRATOR,)),
    page("security-codes", "mfa_view_recovery_codes", (ADMINISTRATOR,)),
    page("security-new-codes", "mfa_generate_recovery_codes", EVERYBODY),
    page("confirm-password", "account_reauthenticate", EVERYBODY),
    page("confirm-code", "mfa_reauthenticate", (ADMINISTRATOR,)),
    page("api", "api_docs", EVERYBODY),
    # Members
    page("case-new", "new_case", (MEMBER,)),
    page("case-new-refused", "new_case", (MEMBER,), step=send("", title="")),
    page("case-remove-document", "remove_document", (MEMBER,), address=of_case("remove_document", "draft")),
    page("case-edit", "edit_case", (MEMBER,), address=of_case("edit_case", "draft")),
    # Technicians and administrators
    page("case-complete-refused", "case_detail", STAFF, address=of_case("case_detail", "accepted"),
         step=send("/complete/", release_option="schedule", release_date="2020-01-01")),
    *previews(),
    *release_timelines(),
    page("case-hand-over-refused", "case_detail", STAFF, address=of_case("case_detail", "accepted"),
         step=send("hand-over/", reason="I am away.")),
    page("case-answer-changed", "case_detail", STAFF, address=of_case("case_detail", "accepted"),
         step=send("/answer/", answer="Dear Mia, no.", version="0")),
    page("case-note-refused", "case_detail", STAFF, address=of_case("case_detail", "accepted"), step=send("notes/")),
    page("case-message-refused", "case_detail", EVERYBODY, address=of_case("case_detail", "accepted"),
         step=send("messages/")),
    page("case-reschedule-refused", "case_detail", STAFF, address=of_case("case_detail", "scheduled"),
         step=send("reschedule/", release_date="2020-01-01")),
    page("release-evidence", "release_evidence", STAFF, address=of_case("release_evidence", "released")),
    page("case-recall-refused", "case_detail", (ADMINISTRATOR,), address=of_case("case_detail", "released"),
         step=send("recall/")),
    page("condition-add", "add_condition", STAFF, address=of_case("add_condition", "accepted")),
    page("condition-add-refused", "add_condition", STAFF, address=of_case("add_condition", "accepted"), step=send("")),
    page("condition-waive", "waive_condition", (ADMINISTRATOR,), address=of_condition("waive_condition")),
    page("condition-waive-refused", "waive_condition", (ADMINISTRATOR,), address=of_condition("waive_condition"),
         step=send("")),
    page("views", "saved_views", STAFF),
    page("view-new", "new_saved_view", STAFF, "?state=held&urgency=urgent"),
    page("view-new-refused", "new_saved_view", STAFF, "?state=held", step=send("", name="")),
    page("view", "saved_view", (TECHNICIAN,), address=of_view_named("Divorce orders")),
    page("view-shared", "saved_view", (ADMINISTRATOR,), address=of_view_named("Held back")),
    page("calendar", "calendar", STAFF),
    page("calendar-all", "calendar", STAFF, "?whose=all"),
    page("calendar-week", "calendar", STAFF, "?view=week"),
    page("calendar-day", "calendar", STAFF, "?view=day"),
    page("calendar-day-released", "calendar", STAFF, "?view=day&kind=released"),
    page("calendar-nothing", "calendar", STAFF, f"?{FAR}"),
    page("calendar-day-nothing", "calendar", STAFF, f"?view=day&{FAR}"),
    page("calendar-bad-date", "calendar", STAFF, "?date=none", status=400),
    page("calendar-move", "move_case", STAFF, address=of_case("move_case", "scheduled")),
    page("calendar-move-due", "move_case", STAFF, address=of_case("move_case", "due")),
    page("calendar-move-held", "move_case", STAFF, address=of_case("move_case", "held")),
    page("calendar-feed", "calendar", STAFF, step=send("feed/", action="new")),
    page("bulk-runs", "bulk_runs", STAFF),
    page("bulk-file", "bulk_file", STAFF),
    page("bulk-file-refused", "bulk_file", (TECHNICIAN,), step=send("file/")),
    *[
        page(f"bulk-new-{action}", "new_bulk_run", STAFF, address=on_all_scheduled(action))
        for action in ("schedule", "shift", "spread", "hand_over", "add_condition", "return")
    ],
    page("bulk-new-refused", "new_bulk_run", (TECHNICIAN,), address=on_all_scheduled("schedule"),
         step=send("", date="")),
    page("bulk-new-nothing", "new_bulk_run", (TECHNICIAN,), "?action=shift", status=302),
    *[
        page(f"bulk-run-{state}", "bulk_run", STAFF, address=of_run("bulk_run", state))
        for state in ("previewed", "running", "done")
    ],
    page("bulk-run-undo", "undo_bulk_run", STAFF, address=of_run("undo_bulk_run", "done")),
    page("history", "history", STAFF),
    page("history-filtered", "history", STAFF, "?kind=accepted&channel=web"),
    page("history-none-found", "history", STAFF, "?kind=approved"),
    page("history-bad-filter", "history", STAFF, "?since=none", status=400),
    # Administrators
    page("blackout-days", "blackout_days", (ADMINISTRATOR,)),
    page("blackout-days-bad-date", "new_blackout_day", (ADMINISTRATOR,), "?date=none", status=400),
    page("blackout-day-new", "new_blackout_day", (ADMINISTRATOR,), address=on_release_day("new_blackout_day")),
    page("blackout-day-refused", "new_blackout_day", (ADMINISTRATOR,), address=on_release_day("new_blackout_day"),
         step=send("new/", name="")),
    page("people", "people", (ADMINISTRATOR,)),
    page("people-none-found", "people", (ADMINISTRATOR,), "?q=nobody"),
    page("people-invite", "invite_person", (ADMINISTRATOR,)),
    page("people-invite-refused", "invite_person", (ADMINISTRATOR,), step=send("", email="x")),
    *[
        page(f"person-{whose}", "person", (ADMINISTRATOR,), address=of_person("person", whose))
        for whose in (*EVERYBODY, "invited")
    ],
    page("person-correct", "correct_person", (ADMINISTRATOR,), address=of_person("correct_person", "technician")),
    page("case-types", "case_types", (ADMINISTRATOR,)),
    page("case-type-new", "new_case_type", (ADMINISTRATOR,)),
    page("case-type-refused", "new_case_type", (ADMINISTRATOR,), step=send("", name="General", position="1")),
    page("case-type", "case_type", (ADMINISTRATOR,), address=of_first_type),
    page("canned-texts", "canned_texts", (ADMINISTRATOR,)),
    page("canned-text-new", "new_canned_text", (ADMINISTRATOR,)),
    page("canned-text-refused", "new_canned_text", (ADMINISTRATOR,), step=send("/canned-texts/new/", name="", text="")),
    page("canned-text", "canned_text", (ADMINISTRATOR,), address=of_first_text),
    page("portal-settings", "portal_settings", (ADMINISTRATOR,)),
    page("operations", "operations", (ADMINISTRATOR,)),
    page("operations-week", "operations", (ADMINISTRATOR,), "?days=7"),
]  # fmt: skip

# Django's own pages, in Django's design. They are opened, but not measured.
DJANGO_ADMIN = [
    page("admin", "admin:index", (ADMINISTRATOR,)),
    page("admin-cases", "admin:cases_case_changelist", (ADMINISTRATOR,)),
    page(
        "admin-case",
        "admin:cases_case_change",
        (ADMINISTRATOR,),
        address=lambda world: reverse("admin:cases_case_change", args=[world.case("scheduled").pk]),
    ),
]

# Error pages. Their addresses are in tests/error_urls.py, which also has the portal's.
ERRORS = [
    Page("error-403", "operations", (MEMBER,), at("operations"), status=403),
    Page("error-404", "", (MEMBER, STRANGER), lambda world: "/no-such-page/", status=404),
    Page("error-400", "", (MEMBER,), lambda world: "/errors/400/", status=400),
    Page("error-csrf", "", (MEMBER, STRANGER), lambda world: "/errors/csrf/", status=403),
    Page("error-429", "", (MEMBER, STRANGER), lambda world: "/errors/429/", status=429),
    Page("error-500", "", (MEMBER,), lambda world: "/errors/500/", status=500),
    Page("error-503", "", (MEMBER,), lambda world: "/errors/503/", status=503),
]
