"""When technicians are away, and who stands in for them.

Technicians set their own absences. Administrators can set anyone's, because people fall ill. The history of the account
records them. On the first day, others are told what they need to know: by `set_absence` if that is today, otherwise by
`tell_of_begun`.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.core import limits, schedule
from cases.core.clock import portal_now
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.core.text import isolated
from cases.delivery.condition_notices import ask_while_away
from cases.lifecycle import deputies, stored_clock
from cases.lifecycle.account_history import record
from cases.lifecycle.history import is_last, log_committed
from cases.lifecycle.locking import lock_list, lock_people
from cases.models import Absence, AccountEvent, Heartbeat, User
from cases.releases.reminders import remind_others_at_once

DAY = dt.timedelta(days=1)
# The moment up to which others were told of the absences that began.
MARK = "absences"


@transaction.atomic
def set_absence(*, technician: User, deputy: User, first_day: dt.date, last_day: dt.date, by: User) -> Absence:
    """Let `deputy` stand in for `technician` from `first_day` to `last_day`, days of the portal.

    NotAllowed except for the technician and for administrators. CaseError for invalid days or an invalid deputy: the
    deputy must be another technician at work who is not away on any of these days. Setting the same absence again
    returns the existing one.
    """
    # Everyone involved is locked, so that two people cannot name each other at the same moment.
    people = lock_people(by, technician, deputy)
    by, technician, deputy = people[by.pk], people[technician.pk], people[deputy.pk]
    _check_allowed(by, technician)
    if not (technician.is_technician and technician.is_active):
        raise WrongState(_("Only technicians with an active account can have a deputy."))
    lock_list(Absence)
    now = portal_now()
    # From here on today's absences are told of, and one that begins today is told of below and nowhere else.
    _tell_of_begun_until(now)
    today = schedule.date_of(now)
    _check_days(first_day, last_day, today=today)
    asked = {"technician": technician, "deputy": deputy, "first_day": first_day, "last_day": last_day}
    if same := Absence.objects.filter(**asked).first():
        return same
    _check_deputy(deputy, technician, first_day, last_day)
    _check_free(technician, first_day, last_day)
    absence = Absence.objects.create(**asked)
    _record(absence, AccountEvent.Kind.ABSENCE_SET, by=by)
    if first_day == today:
        _tell_of(absence, at=now)
    return absence


def tell_of_begun() -> int:
    """Tell others of the absences that have begun since the last day on which this was called. Return how many.

    Two statements until the day changes. The mark also moves back: after the clock was set back, absences that had
    begun by the wrong clock begin again. Nothing happens by a clock that is not the portal's.
    """
    mark = Heartbeat.objects.filter(name=MARK).first()
    if mark and schedule.date_of(mark.at) == deputies.today():
        return 0
    with transaction.atomic():
        lock_list(Absence)
        return _tell_of_begun_until(portal_now())


def _tell_of_begun_until(now: dt.datetime) -> int:
    """Do what `tell_of_begun` does, at a moment read once the list of absences was locked."""
    mark, _is_new = Heartbeat.objects.get_or_create(name=MARK, defaults={"at": now})
    last = schedule.date_of(mark.at)
    if last == schedule.date_of(now):
        return 0
    begun = list(deputies.begun_after(last).filter(stored_clock.agrees()))
    for absence in begun:
        _tell_of(absence, at=now)
    Heartbeat.objects.filter(stored_clock.agrees(), name=MARK).update(at=now)
    return len(begun)


def _tell_of(absence: Absence, *, at: dt.datetime) -> None:
    """Remind those who stand in from now on of releases that are near, and ask others for what they can't approve."""
    technician, deputy = absence.technician, absence.deputy
    standing_in = {deputy.pk}.union(*deputies.deputies_of([deputy.pk]).values())
    remind_others_at_once(technician, at=at, to=standing_in)
    technicians = {technician.pk, *deputies.stands_in_for(technician)}
    ask_while_away(technicians, standing_in=standing_in, at=at)


@transaction.atomic
def end_absence(*, absence: Absence, by: User) -> None:
    """End an absence today: `by` is at work again from today on.

    One that has not begun, or begins today, is deleted. NotAllowed as in `set_absence`. WrongState if it is already
    over, unless `by` did this last.
    """
    key = absence.pk
    by = lock_people(by, absence.technician)[by.pk]
    _check_allowed(by, absence.technician)
    today = deputies.today()
    found = Absence.objects.select_for_update(no_key=True).filter(pk=absence.pk, last_day__gte=today).first()
    if found is None:
        check_ended(key, technician=absence.technician, by=by)
    else:
        _end(found, today=today, by=by)


def check_ended(key: int, *, technician: User, by: User) -> None:
    """Raise WrongState about an absence that is over, unless `by` ended it, and nothing has happened since."""
    if not is_last(technician.account_events.all(), AccountEvent.Kind.ABSENCE_ENDED, by=by, absence=key):
        raise WrongState(_("This absence has already ended."))


def end_all_absences(*, technician: User, by: User) -> None:
    """End the present and the planned absences of `technician`, who is locked and gets another role."""
    today = deputies.today()
    for absence in absences_of(technician).select_for_update(of=("self",), no_key=True):
        _end(absence, today=today, by=by)


def _end(absence: Absence, *, today: dt.date, by: User) -> None:
    _record(absence, AccountEvent.Kind.ABSENCE_ENDED, by=by)
    if absence.first_day >= today:
        absence.delete()
        return
    absence.last_day = today - DAY
    absence.save(update_fields=["last_day"])


def absences_of(technician: User) -> QuerySet[Absence]:
    """Return the present and the planned absences of `technician`, the next one first."""
    ahead = technician.absences.filter(last_day__gte=deputies.today())
    return ahead.select_related("technician", "deputy").order_by("first_day", "pk")


def _check_allowed(by: User, technician: User) -> None:
    if not by.is_active or not (by.is_administrator or by.pk == technician.pk):
        raise NotAllowed(_("You don't have permission to do this."))


def _check_days(first_day: dt.date, last_day: dt.date, *, today: dt.date) -> None:
    if first_day < today:
        raise CaseError(_("This date is in the past. Choose a later date."), field="first_day")
    if last_day < first_day:
        raise CaseError(_("Choose a date on or after the first one."), field="last_day")
    furthest = today + limits.DAYS * DAY
    if last_day > furthest:
        words = _("This date is too far away. The latest date is %(date)s.")
        raise CaseError(words % {"date": date_format(furthest, "DAY_FORMAT")}, field="last_day")


def _check_deputy(deputy: User, technician: User, first_day: dt.date, last_day: dt.date) -> None:
    if deputy.pk == technician.pk or not deputy.takes_cases:
        words = _("Choose another technician with an active account who has signed in before.")
        raise CaseError(words, field="deputy")
    if found := deputy.absences.filter(first_day__lte=last_day, last_day__gte=first_day).first():
        words = _("%(name)s is away too (%(days)s). Choose another deputy.")
        facts = {"name": isolated(deputy.display_name), "days": found.days}
        raise CaseError(words % facts, field="deputy")


def _check_free(technician: User, first_day: dt.date, last_day: dt.date) -> None:
    planned: Sequence[Absence] = list(absences_of(technician)[: limits.ABSENCES])
    for other in planned:
        if other.first_day <= last_day and other.last_day >= first_day:
            words = _("Another absence is planned for some of these days (%(days)s).")
            raise CaseError(words % {"days": other.days}, field="first_day")
    if len(planned) >= limits.ABSENCES:
        raise WrongState(_("You can plan up to %(most)s absences.") % {"most": limits.ABSENCES})


def _record(absence: Absence, kind: AccountEvent.Kind, *, by: User) -> None:
    facts = {"first_day": absence.first_day.isoformat(), "last_day": absence.last_day.isoformat()}
    details = facts | {"to_technician": absence.deputy_id, "absence": absence.pk}
    record(absence.technician, kind, by=by, details=details)
    log_committed("absence changed", kind=str(kind), by=by.pk, person_id=absence.technician_id, **facts)
