"""The evidence of one release of a case: when it was visible, mailed, opened and taken back, and what did not
happen."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseEvent, FirstView, OutgoingEmail
from cases.models.case_event import TAKEN_BACK
from cases.selectors.release_timeline import VIEWS

Text: TypeAlias = str | Promise
Kind = CaseEvent.Kind

MAILED: dict[str, Text] = {
    OutgoingEmail.Kind.RELEASED: _("Release email accepted by the mail server"),
    OutgoingEmail.Kind.RECALLED: _("Recall email accepted by the mail server"),
    OutgoingEmail.Kind.UNOPENED: _("Reminder email accepted by the mail server"),
}
NOT_MAILED: dict[str, Text] = {
    OutgoingEmail.Kind.RELEASED: _("Release email: %(state)s"),
    OutgoingEmail.Kind.RECALLED: _("Recall email: %(state)s"),
    OutgoingEmail.Kind.UNOPENED: _("Reminder email: %(state)s"),
}
# For a kind without words here. It is still evidence.
OF_A_KIND = _("%(field)s: %(value)s")


@dataclass(frozen=True)
class Fact:
    """An event: when, by whom, through which door, and the words of the person who did it."""

    what: Text
    at: dt.datetime
    by: str
    through: Text
    reason: str = ""


@dataclass(frozen=True)
class ReleaseEvidence:
    """Facts of one release in the order in which they happened, and what was not recorded, in sentences."""

    number: int
    facts: list[Fact]
    lacking: list[Text]


def release_evidence(case: Case, number: int) -> ReleaseEvidence | None:
    """Return what is known about the release `number` of `case`, or None if there was none. Takes three statements."""
    if not 0 < number <= case.release_number:
        return None
    steps = CaseEvent.objects.filter(case=case, release_number=number, kind__in=[Kind.RELEASED, *TAKEN_BACK])
    events = list(steps.select_related("actor"))
    emails = list(OutgoingEmail.objects.filter(case=case, release_number=number).select_related("recipient"))
    views = list(FirstView.objects.filter(case=case, release_number=number))
    facts = [*_steps(events), *_mails(emails), *_views(views, case)]
    return ReleaseEvidence(number, sorted(facts, key=lambda fact: fact.at), list(_lacking(events, emails, views)))


def _steps(events: list[CaseEvent]) -> Iterator[Fact]:
    for event in events:
        what = _("Visible to the member") if event.kind == Kind.RELEASED else event.get_kind_display()
        by = event.actor_name if event.actor else ""
        yield Fact(what, event.at, by, event.get_source_display(), event.reason)


def _mails(emails: list[OutgoingEmail]) -> Iterator[Fact]:
    for email in emails:
        if email.sent:
            what = MAILED.get(email.kind) or _of_its_kind(email, OutgoingEmail.State.SENT.label)
            yield Fact(what, email.sent, email.recipient.display_name, _("Email"))


def _of_its_kind(email: OutgoingEmail, state: Text) -> str:
    return str(OF_A_KIND) % {"field": email.get_kind_display(), "value": state}


def _views(views: list[FirstView], case: Case) -> Iterator[Fact]:
    for view in views:
        through = CaseEvent.Source.API if view.kind == FirstView.Kind.API else CaseEvent.Source.WEB
        yield Fact(VIEWS.get(view.kind, view.get_kind_display()), view.at, case.member.display_name, through.label)


def _lacking(events: list[CaseEvent], emails: list[OutgoingEmail], views: list[FirstView]) -> Iterator[Text]:
    """Say what did not happen, because that is part of the evidence too."""
    if not any(event.kind == Kind.RELEASED for event in events):
        yield _("The history has no entry for this release.")
    for email in emails:
        if not email.sent or email.has_bounced:
            state = email.get_state_display()
            words = NOT_MAILED.get(email.kind)
            yield words % {"state": state} if words else _of_its_kind(email, state)
            if email.interrupted:
                yield _("It may have been sent: a mail worker stopped or lost the connection while sending it.")
    seen = {view.kind for view in views}
    if not seen & {FirstView.Kind.PAGE, FirstView.Kind.API}:
        yield _("The member hasn't opened this release.")
    if not seen & {FirstView.Kind.VIEWED, FirstView.Kind.DOCUMENT}:
        yield _("The member hasn't viewed any documents from this release.")
    if FirstView.Kind.DOCUMENT not in seen:
        yield _("The member hasn't downloaded any documents from this release.")
    if not any(event.kind in TAKEN_BACK for event in events):
        yield _("This release wasn't undone or recalled.")
