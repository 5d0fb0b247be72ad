"""The timeline of each release of a case: what was planned, what happened, and the time between.

Everything comes from rows: the history, the email row, the first views and the case. The due time follows from the
schedule, and the release recorded when the case became visible. A row that no verb wrote lacks some of these facts, and
the timeline says so instead of guessing.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.core import schedule
from cases.models import Case, CaseEvent, FirstView, OutgoingEmail
from cases.models.case_event import TAKEN_BACK
from cases.selectors import unopened

Kind = CaseEvent.Kind
PLANS = (Kind.COMPLETED, Kind.SCHEDULED, Kind.RESCHEDULED)
WAITING = (OutgoingEmail.State.WAITING, OutgoingEmail.State.SENDING)
# The latest of each, which is more than anyone reads.
RELEASES, EVENTS = 10, 200
VIEWS: dict[str, StrOrPromise] = {
    FirstView.Kind.PAGE: _("Page first opened"),
    FirstView.Kind.VIEWED: _("Report first viewed"),
    FirstView.Kind.DOCUMENT: _("Report first downloaded"),
    FirstView.Kind.API: _("First read through the API"),
}


class Known(StrEnum):
    """Whether the time of a moment is known, may still come, can't come anymore, or is missing from the rows."""

    YES = "yes"
    NOT_YET = "not_yet"
    NEVER = "never"
    NOT_RECORDED = "not_recorded"


@dataclass(frozen=True)
class Moment:
    """One line of a timeline: what happened, `at` which time, and a `note` on who or what it was.

    `after` is the time since the previous line with a time, negative if this one was earlier.
    """

    key: str
    label: StrOrPromise
    at: dt.datetime | None = None
    known: Known = Known.YES
    note: StrOrPromise = ""
    person: str = ""
    after: dt.timedelta | None = None

    @property
    def distance(self) -> dt.timedelta | None:
        """`after` without its sign."""
        return None if self.after is None else abs(self.after)

    @property
    def is_earlier(self) -> bool:
        """Whether it came before the line above it, as in an early release."""
        return self.after is not None and self.after < dt.timedelta()


@dataclass(frozen=True)
class ReleaseTimeline:
    """One release of a case, or the next one."""

    number: int
    moments: list[Moment]
    is_to_come: bool = False


@dataclass(frozen=True)
class _Release:
    """One release and the rows about it. `event` is None if no verb wrote it, or if it is still to come."""

    case: Case
    number: int
    event: CaseEvent | None
    events: list[CaseEvent]
    email: OutgoingEmail | None
    views: list[FirstView]

    @property
    def is_current(self) -> bool:
        """Whether the row of the case is about this release, and not about a later one."""
        return self.case.is_released and self.number == self.case.release_number

    @property
    def is_to_come(self) -> bool:
        return self.number > self.case.release_number

    @property
    def revision(self) -> int:
        """The revision of the schedule that it followed."""
        return self.event.schedule_revision if self.event else self.case.schedule_revision

    @property
    def date(self) -> dt.date | None:
        return self.event.to_date if self.event else self.case.scheduled_release_date

    @property
    def time(self) -> dt.time | None:
        return self.event.to_time if self.event else self.case.scheduled_release_time


def release_timelines(case: Case) -> list[ReleaseTimeline]:
    """Return the latest releases of `case`, latest first, and before them the one to come. Takes three statements."""
    events = list(
        CaseEvent.objects.filter(case=case, kind__in=[*PLANS, *TAKEN_BACK, Kind.RELEASED]).select_related("actor")[
            :EVENTS
        ]
    )
    emails = OutgoingEmail.objects.filter(case=case, kind=OutgoingEmail.Kind.RELEASED).order_by("-release_number")
    email_of = {email.release_number: email for email in emails[:RELEASES]}
    views = list(FirstView.objects.filter(case=case).order_by("-release_number", "at")[: RELEASES * len(VIEWS)])
    return [
        _timeline(
            _Release(
                case=case,
                number=number,
                event=event,
                events=events,
                email=email_of.get(number),
                views=[view for view in views if view.release_number == number],
            )
        )
        for number, event in _numbers(case, events)
    ]


def _numbers(case: Case, events: list[CaseEvent]) -> list[tuple[int, CaseEvent | None]]:
    """Return the number of each release, and its event in the history."""
    released: dict[int, CaseEvent | None] = {
        event.release_number: event for event in events if event.kind == Kind.RELEASED
    }
    if case.is_pending:
        released[case.release_number + 1] = None
    elif case.is_released:
        released.setdefault(case.release_number, None)
    return sorted(released.items(), key=lambda item: item[0], reverse=True)[:RELEASES]


def _timeline(release: _Release) -> ReleaseTimeline:
    moments = [*_plan(release), *_arrival(release)]
    if not release.is_to_come:
        moments += [_email(release), *_views(release), *_ends(release)]
    return ReleaseTimeline(release.number, list(_with_distances(moments)), release.is_to_come)


def _plan(release: _Release) -> Iterator[Moment]:
    """Yield when it was scheduled. Nothing if a person released it immediately."""
    if release.date is None:
        return
    plan = next((event for event in release.events if _is_plan_of(release, event)), None)
    if plan:
        yield Moment("planned", _("Planned"), plan.at, person=plan.actor_name)
    else:
        yield Moment("planned", _("Planned"), known=Known.NOT_RECORDED)
    yield _armed(release)
    yield Moment("due", _("Due"), schedule.instant(release.date, release.time))


def _is_plan_of(release: _Release, event: CaseEvent) -> bool:
    return event.kind in PLANS and event.to_date is not None and event.schedule_revision == release.revision


def _armed(release: _Release) -> Moment:
    case, label = release.case, _("Release task scheduled")
    if case.armed_revision == release.revision and case.armed_at:
        return Moment("armed", label, case.armed_at)
    # A schedule whose slot was full, or that was made while the broker was down, is found by the periodic check.
    waits = release.is_to_come and case.armed_revision != release.revision
    return Moment("armed", label, known=Known.NOT_YET if waits else Known.NOT_RECORDED)


def _arrival(release: _Release) -> Iterator[Moment]:
    label, event = _("Visible to the member"), release.event
    if release.is_to_come:
        yield Moment("visible", label, known=Known.NOT_YET)
        return
    if event is None:
        yield Moment("woken", _("Release started"), known=Known.NOT_RECORDED)
        yield Moment("visible", label, release.case.actual_release_date)
        return
    if not event.actor:
        known = Known.YES if event.woken_at else Known.NOT_RECORDED
        yield Moment("woken", _("Release started"), event.woken_at, known, note=event.get_source_display())
    at = release.case.actual_release_date if release.is_current else event.at
    yield Moment("visible", label, at, person=event.actor_name if event.actor else "")


def _email(release: _Release) -> Moment:
    email, label = release.email, _("Release email accepted by the mail server")
    if email is None:
        return Moment("mail", label, known=Known.NOT_RECORDED)
    if email.sent:
        return Moment("mail", label, email.sent, note=_("The email bounced.") if email.has_bounced else "")
    known = Known.NOT_YET if email.state in WAITING else Known.NEVER
    return Moment("mail", label, known=known, note=email.get_state_display())


def _views(release: _Release) -> Iterator[Moment]:
    views = sorted(release.views, key=lambda view: view.at)
    label = _("First seen by the member")
    if not views:
        yield _without_views(release, label)
        return
    yield Moment("seen", label, views[0].at, note=views[0].get_kind_display())
    for view in views[1:]:
        yield Moment(f"seen-{view.kind}", VIEWS.get(view.kind, view.get_kind_display()), view.at)


def _without_views(release: _Release, label: StrOrPromise) -> Moment:
    case = release.case
    if not release.is_current:
        return Moment("seen", label, known=Known.NEVER)
    if case.first_viewed_at:
        return Moment("seen", label, case.first_viewed_at)
    return Moment("seen", label, known=Known.NOT_YET if unopened.is_recent(case) else Known.NOT_RECORDED)


def _ends(release: _Release) -> Iterator[Moment]:
    """Yield how it was taken back, if it was."""
    for event in reversed(release.events):
        if event.kind in TAKEN_BACK and event.release_number == release.number:
            yield Moment(event.kind, event.get_kind_display(), event.at, person=event.actor_name)


def _with_distances(moments: Iterable[Moment]) -> Iterator[Moment]:
    before: dt.datetime | None = None
    for moment in moments:
        yield replace(moment, after=moment.at - before) if moment.at and before else moment
        before = moment.at or before
