"""How the outbox is at this moment."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import CaseQuerySet, OutgoingEmail
from cases.operations.capped import MOST, Capped
from cases.resend import GIVEN_UP

State = OutgoingEmail.State
ROWS = 20
# Sweeps hand over what waits; so many of them without effect say that no mail worker takes it.
SWEEPS_MISSED = 6


@dataclass(frozen=True)
class Mail:
    """The e-mails that are open or given up. `waiting` were not tried yet, `retrying` were, and will be again."""

    waiting: Capped
    retrying: Capped
    sending: Capped
    failed: Capped
    undeliverable: Capped
    given_up: list[OutgoingEmail]
    overdue: dt.timedelta | None

    @property
    def problems(self) -> list[str]:
        """What somebody should look at, as sentences."""
        found = []
        if self.overdue:
            found.append(_("E-mails wait and no mail worker takes them."))
        number = self.failed.number + self.undeliverable.number
        if number:
            text = ngettext("%(n)s e-mail was given up.", "%(n)s e-mails were given up.", number)
            found.append(text % {"n": Capped(number)})
        return found


def mail(cases: CaseQuerySet, now: dt.datetime) -> Mail:
    """The outbox at the aware datetime `now`: of what is open or given up the first MOST rows are counted, and those
    about `cases` listed."""
    emails = OutgoingEmail.objects.all()
    opened = emails.filter(state__in=[State.WAITING, State.SENDING]).order_by("next_try")
    given_up = emails.filter(state__in=GIVEN_UP).order_by("-pk")
    opened_rows = list(opened.values_list("state", "attempts", "next_try")[: MOST + 1])
    counts = Counter(state if state == State.SENDING else bool(attempts) for state, attempts, _next in opened_rows)
    over = Counter(given_up.values_list("state", flat=True)[: MOST + 1])
    patience = dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)
    waited = now - opened_rows[0][2] if opened_rows else dt.timedelta()
    return Mail(
        waiting=Capped(counts[False]),
        retrying=Capped(counts[True]),
        sending=Capped(counts[State.SENDING]),
        failed=Capped(over[State.FAILED]),
        undeliverable=Capped(over[State.UNDELIVERABLE]),
        given_up=list(
            given_up.filter(case__in=cases).select_related("case", "recipient").defer("case__description")[:ROWS]
        ),
        overdue=waited if waited > patience else None,
    )
