"""A person's notifications that they may still see: the unread count, and the page that lists them by case.

The plan of the count is asserted in tests/unit/selectors/test_telling_plans.py.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from cases.core.numbers import capped
from cases.db.compiled_queries import ANY_PERSON, CompiledQuery
from cases.db.index_order import order_along_index
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.notification_kinds import KINDS, choice_label
from cases.lifecycle.notification_texts import count_queue, path, sentence
from cases.models import Case, CaseQuerySet, Notification, User

Kind = Notification.Kind
# The bell counts up to this. The page lists the visible ones among this many unread and this many read notifications.
MAX_COUNTED = 99
UNREAD, READ = Q(read_at__isnull=True), Q(read_at__isnull=False)
QUEUE = Q(case__isnull=True)
# About a release that is ahead, or should have come.
ABOUT_RELEASES = {Kind.HELD, Kind.FAILED, Kind.REMINDER}
NEWEST = "-pk"
# From this number on, cases with only the same kind of notification are shown as one.
WAVE = 5


@dataclass(frozen=True)
class NotificationLine:
    """One notification, in words."""

    notification: Notification
    text: str

    @property
    def names_release(self) -> bool:
        """Whether to show the present release date next to it."""
        return bool(self.notification.kind == Kind.REMINDER)


@dataclass(frozen=True)
class NotificationGroup:
    """The notifications about one case, newest first. `case` is None for the queue."""

    case: VisibleCase | None
    lines: list[NotificationLine]

    @property
    def key(self) -> int:
        """The key of the newest one, which represents all."""
        return self.lines[0].notification.pk

    @property
    def path(self) -> str:
        """Where the newest one leads."""
        return path(self.lines[0].notification)


@dataclass(frozen=True)
class NotificationWave:
    """Cases with only the same `kind` of notification, which came together, as in a bulk operation."""

    kind: str
    label: StrOrPromise
    groups: list[NotificationGroup]

    @property
    def key(self) -> int:
        """The key of the newest notification."""
        return self.groups[0].key

    @property
    def keys(self) -> list[int]:
        """The keys of all notifications, which are marked read together."""
        return [line.notification.pk for group in self.groups for line in group.lines]

    @property
    def words(self) -> str:
        """The number of cases, as far as they are counted."""
        count = len(self.groups)
        return ngettext("%(n)s case", "%(n)s cases", count) % {"n": capped(count, MAX_COUNTED)}


def visible_to(person: User) -> QuerySet[Notification]:
    """Return the notifications of `person` about what they may know: their cases, and the queue."""
    told, known = Notification.objects.filter(recipient=person), Exists(_known_case(person))
    return told.filter(QUEUE | known) if _knows_the_queue(person) else told.filter(known)


def count_unread(person: User) -> int:
    """Return how many notifications `person` has not read, up to MAX_COUNTED + 1. One statement."""
    if not person.is_active:
        return 0
    ((_part, count),) = _unread(person.role, settings.RELEASE_MEMBER_VIEW).fetch(person=person.pk)
    return int(count)


def in_words(count: int) -> str:
    """Return a number of notifications as the bell writes it."""
    return capped(count, MAX_COUNTED)


def unread(person: User) -> list[NotificationGroup | NotificationWave]:
    """Return the unread notifications of `person` by case, newest first."""
    return _in_waves(_groups(person, UNREAD), person)


def read(person: User) -> list[NotificationGroup | NotificationWave]:
    """Return the read notifications of `person` by case, newest first."""
    return _in_waves(_groups(person, READ), person)


def grouped_in_words(groups: Sequence[NotificationGroup | NotificationWave]) -> str:
    """Say how many notifications these `groups` are, as the bell counts them. Empty if each is one."""
    count = sum(len(each.keys) if isinstance(each, NotificationWave) else len(each.lines) for each in groups)
    if count == len(groups):
        return ""
    words = ngettext(
        "%(n)s unread notifications in %(groups)s group",
        "%(n)s unread notifications in %(groups)s groups",
        len(groups),
    )
    return words % {"n": in_words(count), "groups": len(groups)}


def _in_waves(groups: list[NotificationGroup], person: User) -> list[NotificationGroup | NotificationWave]:
    """Merge groups that came in a wave into one, which takes the place of the newest."""
    waves: dict[str, list[NotificationGroup]] = {}
    for group in groups:
        waves.setdefault(_kind_of_wave(group), []).append(group)
    shown: dict[int, NotificationGroup | NotificationWave] = {}
    for kind, of_kind in waves.items():
        if kind and len(of_kind) >= WAVE:
            shown[of_kind[0].key] = NotificationWave(kind, choice_label(kind, person), of_kind)
        else:
            shown |= {group.key: group for group in of_kind}
    return [shown[key] for key in sorted(shown, reverse=True)]


def _kind_of_wave(group: NotificationGroup) -> str:
    """Return the only kind in `group`, if it is one that comes in waves."""
    kinds = {line.notification.kind for line in group.lines}
    return next((kind for kind in kinds if len(kinds) == 1 and KINDS[kind].comes_in_waves), "")


def _groups(person: User, which: Q) -> list[NotificationGroup]:
    """Read the notifications and their cases in two statements, and a third if something waits in the queue."""
    found = list(_newest(person, which).select_related("actor")[: MAX_COUNTED + 1])
    cases = Case.objects.shown_to(person).in_bulk({each.known for each in found if each.known})
    seen = {pk: VisibleCase.of(case, to=person) for pk, case in cases.items()}
    shows_queue = _knows_the_queue(person) and any(each.case_id is None for each in found)
    in_queue = count_queue(person) if shows_queue else 0
    lines: dict[int | None, list[NotificationLine]] = {}
    for each in found:
        if each.known in cases or (each.case_id is None and shows_queue):
            words = sentence(each, to=person, case=cases.get(each.known or 0), in_queue=in_queue)
            text = words + _since_then(each, seen.get(each.known or 0))
            lines.setdefault(each.case_id, []).append(NotificationLine(each, text))
    return [NotificationGroup(seen.get(pk or 0), of_one) for pk, of_one in lines.items()]


def _since_then(notification: Notification, case: VisibleCase | None) -> str:
    """Say what has become of the release that the notification is about, because a wave marks none as read.

    A reminder has the present date of the release next to it.
    """
    if notification.kind not in ABOUT_RELEASES or case is None:
        return ""
    if notification.kind == Kind.REMINDER:
        is_so = case.state == "scheduled" or bool(case.actual_release_date)
    else:
        # These are about a date that has come. If the case has a later one, it was moved.
        is_so = case.state == "scheduled" and bool(case.scheduled_for and case.scheduled_for <= notification.at)
    return "" if is_so else " " + _("Now: %(state)s.") % {"state": case.state_label}


def _knows_the_queue(person: User) -> bool:
    """Tell whether `person` gets notifications about the queue. A person who has become a member no longer does."""
    return person.is_active and person.role in KINDS[Kind.QUEUE].roles


def _newest(person: User, which: Q) -> QuerySet[Any, Any]:
    """Return the notifications of `person` along their index, newest first, for the caller to limit.

    `known` is the case of each if they may know about it, otherwise None. It is checked only for the returned rows,
    because as a condition the database would go through all of them.
    """
    told = order_along_index(Notification.objects.filter(which), "recipient_id", person.pk, (NEWEST,), forwards=True)
    return told.annotate(known=Subquery(_known_case(person).values("pk")[:1]))


def _known_case(person: User) -> CaseQuerySet:
    """Return the case of a notification if `person` may read it now (docs/rules.md, 3).

    A release that was taken back, or made again, is not the one in the notification.
    """
    known = Case.objects.readable_by(person).filter(pk=OuterRef("case_id"))
    if not person.is_member:
        return known
    kind = ExpressionWrapper(OuterRef("kind"), output_field=CharField())
    this_release = Q(actual_release_date__isnull=False, release_number=OuterRef("ref"))
    return known.annotate(told=kind).filter(~Q(told=Kind.RELEASED) | this_release)


@functools.cache
def _unread(role: str, member_view: str) -> CompiledQuery:
    """Compile the count for a role. `member_view` is a setting, which the visibility rule reads."""
    person = User(pk=ANY_PERSON, role=role)
    shown = Coalesce("known", models.Case(models.When(QUEUE, then=0))) if _knows_the_queue(person) else F("known")
    newest = _newest(person, UNREAD).annotate(counted=shown)
    return CompiledQuery.prepared_count_of(newest.values("counted")[: MAX_COUNTED + 1])
