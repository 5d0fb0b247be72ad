"""The only way to lock a case or a person.

All transactions use one order, so that no two of them wait for each other: people by key, then cases by key, then what
belongs to them. Lists that are kept for the whole portal come after people. Locks exclude other changes of a row and
not the checks of foreign keys (NO KEY UPDATE): a release never waits for a person, and a note never waits for a
release. On SQLite, which has one writer, the transaction is the lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import NotAllowed, ReasonRequired, Stale
from cases.core.text import clean_text
from cases.lifecycle import permissions, release_stop, stored_clock
from cases.lifecycle.history import EventRecorder, is_changed_last_by
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseQuerySet, User

People = dict[int, User]
# Actions that release or schedule. Holding or reopening a case is safe by any clock.
BY_THE_CLOCK = {Action.COMPLETE, Action.RESCHEDULE, Action.RELEASE_EARLY}


@dataclass(frozen=True)
class Locked:
    """What a verb may trust until its transaction ends, read under the locks. `people` includes `by`."""

    case: Case
    by: User
    people: People
    recorder: EventRecorder

    def save(self, *fields: str) -> None:
        """Store these fields of the case, which gets a new version."""
        self.case.version += 1
        self.case.save(update_fields=[*fields, "version"])


def lock_for_action(
    case: Case,
    action: Action,
    *,
    by: User,
    source: str = "",
    people: Iterable[User] = (),
    reason: str | None = None,
    version: int | None = None,
) -> Locked:
    """Lock `by`, the other `people` that the verb depends on, and the case. Check `action` against the locked rows.

    Case.DoesNotExist if `by` may not know about the case. NotAllowed and WrongState by cases.lifecycle.permissions.
    Stale if `version`, which the person was looking at, is an older one. ReasonRequired if the rule requires a
    `reason`. None means that the verb takes no reason. ClockMismatch if the action would use a clock that is not the
    portal's.
    """
    found = lock_people(by, *people)
    by = found[by.pk]
    visible = Case.objects.visible_to(by)
    asked = visible.annotate(clock_agrees=stored_clock.agrees(), is_stopped=release_stop.is_on())
    locked = in_lock_order(asked).get(pk=case.pk)
    rule = permissions.check(action, by=by, case=locked)
    check_version(locked, version, by=by)
    if rule.reason and reason is not None and not clean_text(reason):
        raise ReasonRequired
    if action in BY_THE_CLOCK and not cast(Any, locked).clock_agrees:
        stored_clock.refuse()
    return Locked(locked, by, found, EventRecorder(locked, by=by, source=source, at=portal_now()))


def check_version(case: Case, version: int | None, *, by: User) -> None:
    """Raise Stale if `version`, which `by` was looking at, is an older one of the locked `case`. None is not compared.

    Only its member changes a draft, which leaves no history.
    """
    if version is not None and version != case.version:
        raise Stale(is_own=case.status == Case.Status.DRAFT or is_changed_last_by(by, case))


def lock_people(*people: User) -> People:
    """Lock the rows of `people`. Return them as they are now, by key."""
    return lock_people_by_key({person.pk for person in people})


def lock_people_by_key(keys: set[int]) -> People:
    """Do the same as `lock_people` for the keys of people."""
    rows = User.objects.filter(pk__in=keys)
    return {row.pk: row for row in rows.order_by("pk").select_for_update(no_key=True)}


def lock_as_administrator(by: User, *people: User) -> People:
    """Do the same as `lock_people` for an administrators' verb. NotAllowed unless `by` is an active administrator
    now."""
    found = lock_people(by, *people)
    if not (found[by.pk].is_active and found[by.pk].is_administrator):
        raise NotAllowed(_("Only administrators can do this."))
    return found


def in_lock_order(cases: CaseQuerySet) -> CaseQuerySet:
    """Return `cases`, to be locked one after the other in the order that all transactions keep."""
    return cases.order_by("pk").select_for_update(of=("self",), no_key=True)


def lock_list(rows: type[Model]) -> None:
    """Block other verbs that compare or count all `rows` until the transaction ends.

    Call it after locking people. Locking the rows would not be enough, because it does not cover rows that another
    transaction is adding. Nothing else waits. SQLite has only one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::regclass::oid::bigint)", [rows._meta.db_table])


def lock_all_cases() -> None:
    """Lock all cases until the transaction ends, once transactions that have locked one are done.

    Those that wait to lock one see what this transaction has changed, because a statement reads the database after its
    lock. Pages can still be read. SQLite has only one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE cases_case IN EXCLUSIVE MODE")
