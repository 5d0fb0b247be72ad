"""What a batch writes: the release on the locked cases, and rows of history, email and notification derived from them.

The statements are the same for every batch. They are compiled once, because in a wake-up for one case, compiling them
took more time than running them.
"""

import functools
from dataclasses import dataclass

from django.db.models import BigIntegerField, CharField, DateTimeField, F, Model, Q, TextField, UUIDField, Value, When
from django.db.models import Case as Choose

from cases.db.bulk import listed_rows
from cases.db.compiled_queries import Parameter
from cases.db.compiled_writes import CompiledWrite
from cases.delivery.notifications import released_columns
from cases.delivery.results import ACCOUNT_DEACTIVATED, NO_ADDRESS
from cases.lifecycle import case_conditions, release_stop
from cases.models import Case, CaseEvent, Notification, OutgoingEmail

# An `id_list`.
IDS = Parameter("ids", TextField())
AT = Parameter("at", DateTimeField())
WOKEN = Parameter("woken", DateTimeField())
EMAIL_AT = Parameter("email_at", DateTimeField())
BATCH = Parameter("batch", UUIDField())
BULK_RUN = Parameter("bulk_run", BigIntegerField())
# As `actor_columns` names them.
ACTOR = Parameter("actor_id", BigIntegerField())
PROGRAM = Parameter("system_actor", CharField())
SOURCE = Parameter("source", CharField())
REASON = Parameter("reason", TextField())


@dataclass(frozen=True)
class BatchStatements:
    """The statements of a batch: first `release`, then for each model the rows `derived` from the released cases."""

    release: CompiledWrite
    derived: dict[type[Model], CompiledWrite]


@functools.cache
def batch_statements() -> BatchStatements:
    """Return the statements. Fill all of their parameters."""
    rows = Case.objects.filter(pk__in=listed_rows(IDS))
    release = CompiledWrite.update(
        rows.filter(release_stop.is_off(), ~case_conditions.has_open_row()),
        actual_release_date=AT,
        version=F("version") + 1,
        release_number=F("release_number") + 1,
        release_batch=BATCH,
        release_error="",
        release_attempts=0,
        release_next_try=None,
        first_viewed_at=None,
    )
    columns = {CaseEvent: _event_columns(), OutgoingEmail: _email_columns(), Notification: released_columns(AT)}
    derived = {model: CompiledWrite.insert_select(model, rows, values) for model, values in columns.items()}
    return BatchStatements(release, derived)


def _event_columns() -> dict[str, object]:
    return {
        "case_id": F("pk"),
        "kind": CaseEvent.Kind.RELEASED,
        "at": AT,
        "source": SOURCE,
        "actor_id": ACTOR,
        "system_actor": PROGRAM,
        "from_status": F("status"),
        "to_status": F("status"),
        "from_date": F("scheduled_release_date"),
        "from_time": F("scheduled_release_time"),
        "to_date": F("scheduled_release_date"),
        "to_time": F("scheduled_release_time"),
        "schedule_revision": F("schedule_revision"),
        "release_number": F("release_number"),
        "release_batch": BATCH,
        "woken_at": WOKEN,
        "bulk_run_id": BULK_RUN,
        "reason": REASON,
        "details": {},
    }


def _email_columns() -> dict[str, object]:
    no_address, deactivated = Q(member__email=""), Q(member__is_active=False)
    return {
        "case_id": F("pk"),
        "kind": OutgoingEmail.Kind.RELEASED,
        "release_number": F("release_number"),
        "payload": None,
        "recipient_id": F("member_id"),
        "address": F("member__email"),
        "state": Choose(
            When(no_address | deactivated, then=Value(OutgoingEmail.State.UNDELIVERABLE)),
            default=Value(OutgoingEmail.State.WAITING),
            output_field=CharField(),
        ),
        "claim": None,
        "group": None,
        "message_id": "",
        "attempts": 0,
        "deferrals": 0,
        "interrupted": False,
        "due": EMAIL_AT,
        "next_try": EMAIL_AT,
        "last_error": Choose(
            When(no_address, then=Value(NO_ADDRESS)),
            When(deactivated, then=Value(ACCOUNT_DEACTIVATED)),
            default=Value(""),
            output_field=CharField(),
        ),
        "created": AT,
        "sent": None,
    }
