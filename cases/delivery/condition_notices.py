"""Notify the people who take care of open conditions: their owners, or others in place of an owner who can't.

If no owner can give an approval, the administrators are asked. Other conditions then fall to the technician. Call these
in the transaction of the change, after it is stored.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from cases.db.bulk import ids_as_rows
from cases.delivery.notifications import administrators, mark_settled, notify_each, with_administrators
from cases.lifecycle.condition_owners import can_own, owner_can_act, read_completed_by
from cases.lifecycle.deputies import deputies_of
from cases.lifecycle.notification_kinds import About
from cases.models import Case, Condition, Notification, User
from cases.models.condition import UNMET

Kind = Notification.Kind
# Not the person who hands over a case or deactivates a colleague: they too are notified of what that leaves to others.
BY_ITSELF = "portal"
BATCH = 1000
APPROVALS = UNMET & Q(kind=Condition.Kind.APPROVAL)
# The fields that decide who can approve.
READ = ("kind", "state", "since", "case__assigned_to", "case__status", "case__actual_release_date", "owner__role")


def ask_for_approvals(
    cases: Collection[int], *, by: User | str, at: dt.datetime, owners: Collection[int] | None = None
) -> None:
    """Notify the people who should approve the releases of these completed cases, if their approvals are open: the
    owner, or every administrator if there is no owner who can.

    A person with an unread notification is not notified again, unless the approval was given since and has lapsed.
    `owners` limits this to their approvals.
    """
    which = APPROVALS if owners is None else APPROVALS & Q(owner__in=ids_as_rows(sorted(owners)))
    found = Condition.objects.filter(which, case__in=ids_as_rows(sorted(cases))).select_related("case", "owner")
    approvals = list(found.only(*READ, "owner__is_active"))
    asked = _untold(_asked(approvals), since={each.pk: each.since for each in approvals})
    if asked:
        notify_each(Kind.APPROVAL, asked, by=by, at=at)


def ask_after_hand_over(cases: Sequence[Case], *, people: Collection[int], at: dt.datetime) -> None:
    """Ask again for the approvals that `people` own, who gave or got these cases, and those who stand in for them."""
    waiting = [case.pk for case in cases if case.is_pending and case.open_conditions]
    if waiting:
        concerned = set(people).union(*deputies_of(people).values())
        ask_for_approvals(waiting, by=BY_ITSELF, at=at, owners=concerned)


def ask_while_away(technicians: Collection[int], *, standing_in: Collection[int], at: dt.datetime) -> None:
    """Ask others for the approvals that those who are `standing_in` own on the cases of these technicians.

    Until they no longer stand in, they can't approve what they work on.
    """
    owned = Condition.objects.filter(
        APPROVALS, owner__in=ids_as_rows(sorted(standing_in)), case__actual_release_date=None
    )
    theirs = owned.filter(case__status=Case.Status.COMPLETED, case__assigned_to__in=ids_as_rows(sorted(technicians)))
    for cases in _in_batches(list(theirs.order_by("pk").values_list("case_id", flat=True))):
        ask_for_approvals(cases, by=BY_ITSELF, at=at, owners=standing_in)


def tell_others_instead(owner: User, *, at: dt.datetime) -> None:
    """Notify others of the open conditions of `owner`, who was deactivated or has another role and can't own them."""
    if can_own(owner):
        return
    owned = Condition.objects.filter(UNMET, owner=owner, case__actual_release_date=None).order_by("pk")
    asked_for = owned.filter(APPROVALS, case__status=Case.Status.COMPLETED)
    for cases in _in_batches(list(asked_for.values_list("case_id", flat=True))):
        ask_for_approvals(cases, by=BY_ITSELF, at=at, owners=[owner.pk])
    tell_technicians_instead(owned.exclude(APPROVALS), at=at)


def tell_technicians_instead(conditions: QuerySet[Condition], *, at: dt.datetime) -> None:
    """Notify the technicians of the cases of these open `conditions` that their owners have left.

    The administrators, if a technician has left too.
    """
    theirs = conditions.filter(case__assigned_to__isnull=False).order_by("pk")
    for rows in _in_batches(list(theirs.values_list("case__assigned_to", "case_id", "pk"))):
        abouts = with_administrators([About(*row) for row in rows])
        notify_each(Kind.CONDITION, abouts, by=BY_ITSELF, at=at)


def forget_settled(conditions: Collection[Condition], *, at: dt.datetime) -> None:
    """Mark read what people were told of these conditions, which are settled or removed.

    Those are the owners, and of approvals also their deputies and the administrators.
    """
    owners = {each.owner_id for each in conditions if each.owner_id}
    people = set(owners)
    if any(each.kind == Condition.Kind.APPROVAL for each in conditions):
        people |= set(administrators()).union(*deputies_of(owners).values())
    if people:
        mark_settled({each.pk for each in conditions}, people=people, at=at)


def _asked(approvals: Sequence[Condition]) -> list[About]:
    completed_by = read_completed_by(approvals)
    owned = {
        each.pk for each in approvals if owner_can_act(each, each.case, completed_by=completed_by.get(each.case_id))
    }
    everybody = administrators() if len(owned) < len(approvals) else []
    return [
        About(person, each.case_id, each.pk)
        for each in approvals
        for person in ([each.owner_id] if each.owner_id and each.pk in owned else everybody)
    ]


def _untold(abouts: Sequence[About], *, since: Mapping[int, dt.datetime]) -> list[About]:
    """Return those of `abouts` that their people have read, or have not been notified of.

    `since` says when each condition opened. An earlier notification is about an approval that was given.
    """
    if not abouts:
        return []
    people, cases = sorted({about.person for about in abouts}), sorted({about.case for about in abouts if about.case})
    unread = Notification.objects.filter(recipient__in=ids_as_rows(people), kind=Kind.APPROVAL, read_at__isnull=True)
    unread = unread.filter(case__in=ids_as_rows(cases))
    rows = unread.filter(ref__in=ids_as_rows(sorted(since))).values_list("recipient_id", "case_id", "ref", "at")
    told = {About(person, case, ref) for person, case, ref, at in rows if at >= since[ref or 0]}
    return [about for about in abouts if about not in told]


def _in_batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
