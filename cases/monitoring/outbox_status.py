"""Outbox status: how many emails wait, retry or were given up, and what servers said."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.delivery.results import SENDER_REFUSED
from cases.models import CaseQuerySet, OutgoingEmail
from cases.models.delivery import GIVEN_UP, OPEN
from cases.monitoring.heartbeats import SWEEPS_MISSED
from cases.monitoring.problems import FAILED_EMAILS, RETRYING_EMAILS, WORKERS, Problem
from cases.selectors.pagination import MAX_COUNTED, CappedCount

State = OutgoingEmail.State
ROWS = 20
# It is normal for a recipient's server to defer for this long: greylisting, a full mailbox.
USUAL_DEFERRAL = dt.timedelta(hours=1)
# For a while (45x) our own server may refuse a sender too, who sends much.
OF_SENDER = Q(last_error__startswith=SENDER_REFUSED) & ~Q(last_error__startswith=f"{SENDER_REFUSED}: 45")


@dataclass(frozen=True)
class OutboxStatus:
    """The emails that are open or given up.

    `waiting` have not been tried yet, and `retrying` failed and will be retried. `not_due` may not leave yet, whether
    tried before or not: they wait for mail hours or for other changes to the account, or their release can still be
    undone. `oldest` is the age of the email that was due first. `unreachable` is the last error of the oldest email
    that our own server has not accepted for too long, `deferred` that of the oldest that a recipient's server defers,
    and `sender_refused` that of the oldest whose sender our own server rejects, which means that all others will be
    rejected too.
    """

    waiting: CappedCount
    retrying: CappedCount
    not_due: CappedCount
    sending: CappedCount
    failed: CappedCount
    undeliverable: CappedCount
    retrying_rows: list[OutgoingEmail]
    given_up: list[OutgoingEmail]
    oldest: dt.timedelta
    overdue: dt.timedelta | None
    unreachable: str
    deferred: str
    sender_refused: str

    @property
    def problems(self) -> list[Problem]:
        """What needs attention."""
        found = []
        if self.unreachable:
            text = _("The mail server isn't accepting email: %(error)s") % {"error": self.unreachable}
            found.append(Problem(text, RETRYING_EMAILS))
        elif self.overdue:
            found.append(Problem(_("Emails are waiting, but no mail worker is processing them."), WORKERS))
        if self.sender_refused:
            hint = _("Check EMAIL_URL, DEFAULT_FROM_EMAIL and BOUNCE_DOMAIN.")
            text = _("The mail server refuses the sender of our emails: %(error)s") % {"error": self.sender_refused}
            found.append(Problem(f"{hint} {text}", RETRYING_EMAILS))
        if self.deferred:
            text = _("An email has been deferred for more than an hour: %(error)s")
            found.append(Problem(text % {"error": self.deferred}, RETRYING_EMAILS))
        number = self.failed.number + self.undeliverable.number
        if number:
            text = ngettext("%(n)s email wasn't delivered.", "%(n)s emails weren't delivered.", number)
            found.append(Problem(text % {"n": CappedCount(number)}, FAILED_EMAILS))
        return found


def outbox_status(cases: CaseQuerySet, now: dt.datetime, *, patience: dt.timedelta | None = None) -> OutboxStatus:
    """Return the status at the aware datetime `now`. It counts up to MAX_COUNTED rows of what is open or given up.

    It lists emails about `cases` or accounts. Ages start when an email was first due, because a failed attempt moves
    `next_try`. `patience` is how long an email may wait before its first attempt, by default several sweeps.
    """
    opened = OutgoingEmail.objects.filter(OPEN)
    failing = opened.exclude(last_error="").filter(due__lte=now).order_by("due")
    given_up = OutgoingEmail.objects.filter(state__in=GIVEN_UP).order_by("-pk")
    open_rows = _first_rows(opened.order_by("next_try"), "state", "due", "next_try", error=Length("last_error"))
    failing_rows = _first_rows(failing, "state", "due", "deferrals", "pk", is_sender=OF_SENDER)
    lost = Counter(row.state for row in _first_rows(given_up, "state"))
    telling = _telling(failing_rows, now)
    listable = Q(case__in=cases) | Q(case__isnull=True)
    ids = [pk for pk in telling.values() if pk] + [row.pk for row in failing_rows[:ROWS]]
    retrying_rows = _listed(failing.filter(listable, pk__in=ids))
    errors: dict[int | None, str] = {email.pk: email.last_error for email in retrying_rows}
    waited = _age(now, (row.next_try for row in open_rows[:1]))
    return OutboxStatus(
        waiting=CappedCount(sum(row.state == State.WAITING and not row.error for row in open_rows if row.due <= now)),
        not_due=CappedCount(sum(row.state == State.WAITING and row.due > now for row in open_rows)),
        retrying=CappedCount(sum(row.state == State.WAITING for row in failing_rows)),
        sending=CappedCount(sum(row.state == State.SENDING for row in open_rows)),
        failed=CappedCount(lost[State.FAILED]),
        undeliverable=CappedCount(lost[State.UNDELIVERABLE]),
        retrying_rows=retrying_rows[:ROWS],
        given_up=_listed(given_up.filter(listable)[:ROWS]),
        oldest=_age(now, (row.due for row in [*open_rows, *failing_rows])),
        overdue=waited if waited > (patience or _patience()) else None,
        **{name: errors.get(pk, "") for name, pk in telling.items()},
    )


def _patience() -> dt.timedelta:
    """Return how long an email may wait: sweeps publish that it does.

    After so many without effect, no mail worker or no server takes it.
    """
    return dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)


def _telling(failing: Sequence[Any], now: dt.datetime) -> dict[str, int | None]:
    """Return the key of the oldest email whose last error says what is wrong, for each column of OutboxStatus."""
    unanswered = (row for row in failing if not row.deferrals and now - row.due > _patience())
    refused = (row for row in failing if row.deferrals and row.is_sender)
    put_off = (row for row in failing if row.deferrals and not row.is_sender and now - row.due > USUAL_DEFERRAL)
    kinds = {"unreachable": unanswered, "sender_refused": refused, "deferred": put_off}
    return {name: next((row.pk for row in rows), None) for name, rows in kinds.items()}


def _first_rows(rows: QuerySet[OutgoingEmail], *columns: str, **expressions: Any) -> list[Any]:
    return list(rows.annotate(**expressions).values_list(*columns, *expressions, named=True)[: MAX_COUNTED + 1])


def _listed(rows: QuerySet[OutgoingEmail]) -> list[OutgoingEmail]:
    return list(rows.select_related("case", "recipient").defer("case__description"))


def _age(now: dt.datetime, moments: Iterable[dt.datetime]) -> dt.timedelta:
    """Return how long ago the first of `moments` was, or zero if it is in the future or there is none."""
    return max(now - min(moments, default=now), dt.timedelta())
