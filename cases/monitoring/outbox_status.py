"""How the outbox is at this moment."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import CaseQuerySet, OutgoingEmail
from cases.models.outgoing_email import GIVEN_UP, OPEN
from cases.selectors.capped import MOST, Capped

State = OutgoingEmail.State
ROWS = 20
# Sweeps hand over what waits; so many of them without effect say that no mail worker takes it, or no server.
SWEEPS_MISSED = 6
# A recipient's server may well say "later" for so long: greylisting, a full mailbox.
DEFERRED_LONG = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Mail:
    """The e-mails that are open or given up. `waiting` were not tried yet, `retrying` failed and are tried again.

    `oldest` is the age of the one that was due first. `unreachable` and `deferred` are what the server said about the
    oldest that our own server, and the oldest that the recipient's, has not taken for too long.
    """

    waiting: Capped
    retrying: Capped
    sending: Capped
    failed: Capped
    undeliverable: Capped
    retrying_rows: list[OutgoingEmail]
    given_up: list[OutgoingEmail]
    oldest: dt.timedelta
    overdue: dt.timedelta | None
    unreachable: str
    deferred: str

    @property
    def problems(self) -> list[str]:
        """What somebody should look at, as sentences."""
        found = []
        if self.unreachable:
            found.append(_("The mail server isn't accepting email: %(error)s") % {"error": self.unreachable})
        elif self.overdue:
            found.append(_("E-mails wait and no mail worker takes them."))
        if self.deferred:
            text = _("An email has been put off for more than an hour: %(error)s")
            found.append(text % {"error": self.deferred})
        number = self.failed.number + self.undeliverable.number
        if number:
            text = ngettext("%(n)s e-mail was given up.", "%(n)s e-mails were given up.", number)
            found.append(text % {"n": Capped(number)})
        return found


def mail(cases: CaseQuerySet, now: dt.datetime) -> Mail:
    """The outbox at the aware datetime `now`: of what is open or given up the first MOST rows are counted, and those
    about `cases` or accounts listed.

    Ages are counted from the moment at which an e-mail was first to leave: a failed try moves `next_try` on.
    """
    opened = OutgoingEmail.objects.filter(OPEN)
    first = opened.order_by("next_try").values_list("state", "due", "next_try", Length("last_error"))
    opened_rows = list(first[: MOST + 1])
    failing = opened.exclude(last_error="").order_by("due")
    failing_rows = list(failing.values_list("due", "deferrals", "pk", "state")[: MOST + 1])
    given_up = OutgoingEmail.objects.filter(state__in=GIVEN_UP).order_by("-pk")
    over = Counter(given_up.values_list("state", flat=True)[: MOST + 1])
    untried = Counter(state for state, *_times, error in opened_rows if not error)
    listable = Q(case__in=cases) | Q(case__isnull=True)
    patience = dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)
    by_server = [pk for due, deferrals, pk, _state in failing_rows if not deferrals and now - due > patience]
    by_recipient = [pk for due, deferrals, pk, _state in failing_rows if deferrals and now - due > DEFERRED_LONG]
    first_failing = [pk for *_times, pk, _state in failing_rows[:ROWS]]
    told = _listed(failing.filter(listable, pk__in=[*by_server[:1], *by_recipient[:1], *first_failing]))
    words = {email.pk: email.last_error for email in told}
    waited = _age(now, (next_try for _state, _due, next_try, _error in opened_rows[:1]))
    return Mail(
        waiting=Capped(untried[State.WAITING]),
        retrying=Capped(sum(state == State.WAITING for *_rest, state in failing_rows)),
        sending=Capped(sum(state == State.SENDING for state, *_rest in opened_rows)),
        failed=Capped(over[State.FAILED]),
        undeliverable=Capped(over[State.UNDELIVERABLE]),
        retrying_rows=told[:ROWS],
        given_up=_listed(given_up.filter(listable)[:ROWS]),
        oldest=_age(now, [*(row[1] for row in opened_rows), *(row[0] for row in failing_rows)]),
        overdue=waited if waited > patience else None,
        unreachable=words.get(by_server[0], "") if by_server else "",
        deferred=words.get(by_recipient[0], "") if by_recipient else "",
    )


def _listed(rows: QuerySet[OutgoingEmail]) -> list[OutgoingEmail]:
    return list(rows.select_related("case", "recipient").defer("case__description"))


def _age(now: dt.datetime, moments: Iterable[dt.datetime]) -> dt.timedelta:
    """How long ago the first of `moments` was; nothing where it is still to come, or there is none."""
    return max(now - min(moments, default=now), dt.timedelta())
