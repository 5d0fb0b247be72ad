"""Notify people of cases that have got another technician, and forget what only concerned the former one."""

import datetime as dt
from collections.abc import Collection, Sequence, Set

from cases.delivery.condition_notices import ask_after_hand_over
from cases.delivery.notifications import administrators, mark_outdated, notify_each
from cases.lifecycle.deputies import deputies_of
from cases.lifecycle.notification_kinds import KINDS, About, keeping_back
from cases.models import Case, Notification, User

Kind = Notification.Kind
# Staff get these as the technician of a case, as a deputy, or in place of a technician who has left.
OF_THE_TECHNICIAN = [kind for kind, facts in KINDS.items() if facts.of_the_technician] + [Kind.QUESTION, Kind.REPLY]


def tell_of_hand_over(
    cases: Sequence[Case], *, former: Collection[int | None], by: User | str, at: dt.datetime
) -> None:
    """Notify the new technicians of `cases`, which are stored with them. `former` are the keys of the earlier ones.

    The notification itself says what keeps a case back after its date, and whether the member waits for a reply. The
    deputies of the new technicians get the usual one about a release that is held or failed. The number of statements
    depends on the people.
    """
    theirs = [(case.assigned_to_id, case) for case in cases if case.assigned_to_id]
    new, earlier = {pk for pk, _case in theirs}, {pk for pk in former if pk}
    deputies = deputies_of(new | earlier)
    now_concerned = new.union(*(deputies.get(pk, ()) for pk in new))
    once_concerned = earlier.union(*(deputies.get(pk, ()) for pk in earlier))
    notify_each(Kind.ASSIGNED, [About(pk, case.pk) for pk, case in theirs], by=by, at=at)
    _forget({case.pk for case in cases}, people=once_concerned - now_concerned, but=now_concerned, at=at)
    for kind in (Kind.HELD, Kind.FAILED):
        kept = [(pk, case) for pk, case in theirs if kind in keeping_back(case, at)]
        abouts = [About(each, case.pk, case.schedule_revision) for pk, case in kept for each in deputies.get(pk, ())]
        if abouts:
            notify_each(kind, abouts, by=by, at=at)
    ask_after_hand_over(cases, people=new | earlier, at=at)


def _forget(cases: Set[int], *, people: Set[int], but: Set[int], at: dt.datetime) -> None:
    """Mark read what these `people` were told of `cases` as their technicians or deputies.

    Administrators were told some of it in place of a technician who has left. That a release failed is always for them.
    """
    everyone = set(administrators())
    mark_outdated(cases, kinds=OF_THE_TECHNICIAN, people=(people | everyone) - but, at=at)
    mark_outdated(cases, kinds=[Kind.FAILED], people=people - everyone, at=at)
