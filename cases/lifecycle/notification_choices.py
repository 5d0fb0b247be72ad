"""How people want to be notified: their choice for each kind, or else the default."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from cases.db.bulk import ids_as_rows
from cases.lifecycle.notification_kinds import KINDS, kinds_for, usual_channel
from cases.models import NotificationChoice, User

BY_EMAIL = (NotificationChoice.Channel.MAIL, NotificationChoice.Channel.DIGEST)


@dataclass(frozen=True)
class Reader:
    """A person who may be notified of a kind, and how they want to be."""

    pk: int
    email: str
    time_zone: str
    channel: str


def readers(kind: str, people: Iterable[int]) -> list[Reader]:
    """Return those of the people with these keys whose role has `kind`, if they are active. One statement."""
    ids = sorted(set(people))
    found = User.objects.filter(pk__in=ids_as_rows(ids), is_active=True, role__in=KINDS[kind].roles)
    columns: Any = found.annotate(channel=_chosen(kind)).values_list("pk", "email", "time_zone", "channel")
    return [Reader(*row) for row in columns.order_by("pk")] if ids else []


def chosen(kind: str, people: Iterable[int]) -> dict[int, str]:
    """Return how each of the people with these keys wants to be notified of `kind`, by key, as found by `readers`."""
    return {reader.pk: reader.channel for reader in readers(kind, people)}


def choices_of(person: User) -> dict[str, str]:
    """Return the channel of each kind that `person` can choose about. One statement."""
    stored = dict(NotificationChoice.objects.filter(user=person).values_list("kind", "channel"))
    return {kind: stored.get(kind, usual_channel(kind)) for kind in kinds_for(person)}


def is_emailed(kind: str, person: User) -> bool:
    """Tell whether `person` wants emails of `kind`. One statement."""
    return choices_of(person).get(kind) in BY_EMAIL


def _chosen(kind: str) -> Coalesce:
    own = NotificationChoice.objects.filter(user=OuterRef("pk"), kind=kind).values("channel")[:1]
    return Coalesce(Subquery(own), Value(usual_channel(kind)), output_field=CharField())
