"""Notify people of what has happened: one row per person, and part of an email for those who want one.

Verbs call this in their transaction, after their case is saved (docs/rules.md, 6). Whether the person may still know
about it is checked again when it is shown and when it is sent.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, F, OuterRef, QuerySet, Value

from cases.core.clock import portal_now
from cases.core.reader_timezones import clock_of
from cases.db.bulk import ids_as_rows
from cases.db.compiled_queries import CompiledQuery, Parameter
from cases.db.index_order import order_along_index
from cases.delivery import celery_publisher, delivery_claims
from cases.lifecycle.deputies import deputies_of
from cases.lifecycle.former_technicians import AT_WORK
from cases.lifecycle.notification_choices import Reader, readers
from cases.lifecycle.notification_kinds import KINDS, About
from cases.models import Case, Notification, NotificationChoice, OutgoingEmail, User
from cases.models.delivery import first_due
from cases.models.notification import ONCE_KINDS

Kind = Notification.Kind
Channel = NotificationChoice.Channel
Email = OutgoingEmail.Kind
# Their `ref` is the key of the condition.
ABOUT_CONDITIONS = (Kind.CONDITION, Kind.APPROVAL)
EMAIL_OF = {Channel.MAIL: Email.NOTIFICATION, Channel.DIGEST: Email.DIGEST}
# How far back to look for a person's unread notifications, so that the cost is bounded.
MAX_LOOKED_THROUGH = 1000
# How many people's are read in one statement. SQLite allows 500 parts of a union.
PEOPLE_TOGETHER = 100


def notify(
    kind: str, *, case: Case, to: Iterable[User | int | None], by: User | str, at: dt.datetime, ref: int | None = None
) -> None:
    """Notify the people in `to` of `kind`, which happened to `case`. See `notify_each`."""
    people = {person.pk if isinstance(person, User) else person for person in to if person is not None}
    notify_each(kind, [About(person, case.pk, ref) for person in people], by=by, at=at)


def notify_each(kind: str, abouts: Sequence[About], *, by: User | str, at: dt.datetime) -> None:
    """Send each of `abouts` a notification of `kind`, in a fixed number of statements.

    `by` is the person who did it, or the name of a program, and `at` is the portal's moment. People are not notified of
    their own actions, if they are deactivated, if their role has no such kind, or if they do not want it. Something
    that is noticed repeatedly is sent once (ONCE_KINDS).
    """
    actor = by if isinstance(by, User) else None
    themselves = actor.pk if actor and not KINDS[kind].is_receipt else None
    abouts = [about for about in abouts if about.person != themselves]
    if KINDS[kind].to_deputies:
        abouts = [about for about in with_deputies(abouts) if about.person != themselves]
    if kind in ONCE_KINDS:
        abouts = _untold(kind, abouts)
    people = {reader.pk: reader for reader in readers(kind, (about.person for about in abouts))}
    wanted = {pk: reader for pk, reader in people.items() if reader.channel != Channel.NOTHING}
    emails = _emails([wanted[about.person] for about in abouts if about.person in wanted], at)
    rows = [
        Notification(
            recipient_id=about.person,
            case_id=about.case,
            kind=kind,
            ref=about.ref,
            actor=actor,
            at=at,
            email_id=emails.get(about.person),
        )
        for about in abouts
        if about.person in wanted
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=kind in ONCE_KINDS)


def with_administrators(abouts: Sequence[About]) -> list[About]:
    """Return `abouts`, which notify technicians of their cases, and the same for administrators if a technician has
    left.

    Two statements at most.
    """
    people = sorted({about.person for about in abouts})
    at_work = User.objects.filter(AT_WORK, pk__in=ids_as_rows(people)).values_list("pk", flat=True)
    staying = set(at_work) if people else set()
    left = [about for about in abouts if about.person not in staying]
    instead = administrators() if left else []
    return list(dict.fromkeys([*abouts, *(replace(about, person=each) for about in left for each in instead)]))


def with_deputies(abouts: Sequence[About]) -> list[About]:
    """Return `abouts`, and the same for those who stand in for these people today. No one is notified twice."""
    deputies = deputies_of({about.person for about in abouts})
    standing_in = [
        replace(about, person=deputy) for about in abouts for deputy in sorted(deputies.get(about.person, ()))
    ]
    return list(dict.fromkeys([*abouts, *standing_in]))


def notify_queue(*, by: User | str, at: dt.datetime) -> None:
    """Notify technicians that something waits in the queue, but only those who have read earlier notifications about
    it."""
    kinds = _unread(OuterRef("pk")).values("kind")
    at_work = User.objects.filter(role=User.Role.TECHNICIAN, is_active=True)
    technicians = at_work.annotate(queue=Value(Kind.QUEUE, CharField())).exclude(queue__in=kinds)
    notify_each(Kind.QUEUE, [About(pk) for pk in technicians.values_list("pk", flat=True)], by=by, at=at)


def administrators() -> list[int]:
    """Return the keys of the active administrators."""
    found = User.objects.filter(role=User.Role.ADMINISTRATOR, is_active=True).order_by("pk")
    return list(found.values_list("pk", flat=True))


def mark_acted_on(kinds: Iterable[str], *, case: Case, by: User, at: dt.datetime) -> None:
    """Mark read the notifications of `kinds` that `by` got about `case`: they have just acted on it, wherever they read
    it."""
    newest = _unread(by.pk).values("pk")
    Notification.objects.filter(pk__in=newest, case=case, kind__in=kinds).update(read_at=at)


def mark_settled(conditions: Set[int], *, people: Collection[int], at: dt.datetime) -> None:
    """Mark read what these people were told of the conditions with these keys: nothing is left to do about them."""
    _mark(people, ABOUT_CONDITIONS, "ref", conditions, at=at)


def mark_outdated(cases: Set[int], *, kinds: Collection[str], people: Collection[int], at: dt.datetime) -> None:
    """Mark read what these people were told, by `kinds`, of the cases with these keys: it is no longer so."""
    _mark(people, kinds, "case", cases, at=at)


def _mark(people: Collection[int], kinds: Collection[str], column: str, values: Set[int], *, at: dt.datetime) -> None:
    """Mark read the unread notifications of these people that are of `kinds` and have one of `values` in `column`."""
    unread = [_unread(person).values("pk", "kind", column) for person in sorted(people)]
    found: list[int] = []
    for start in range(0, len(unread), PEOPLE_TOGETHER):
        # The database would read the whole table to join these few rows with a filter on it.
        told = CompiledQuery.rows_of(*unread[start : start + PEOPLE_TOGETHER]).fetch()
        found += [pk for _number, pk, kind, value in told if kind in kinds and value in values]
    if not found:
        return
    # What someone else holds is being marked, or told again.
    rows = Notification.objects.filter(pk__in=ids_as_rows(found), read_at__isnull=True).order_by("pk")
    free = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).values_list("pk", flat=True)
    Notification.objects.filter(pk__in=ids_as_rows(list(free))).update(read_at=at)


def _unread(person: int | OuterRef) -> QuerySet[Notification]:
    """Return the newest notifications that the person with this key has not read, along their index."""
    rows = Notification.objects.filter(read_at__isnull=True)
    return order_along_index(rows, "recipient_id", person, ("-pk",), forwards=True)[:MAX_LOOKED_THROUGH]


def released_columns(at: Parameter) -> dict[str, Any]:
    """Return the columns of notifications to members that their cases are released, for an INSERT … SELECT."""
    return {
        "recipient_id": F("member_id"),
        "case_id": F("pk"),
        "kind": Kind.RELEASED,
        "ref": F("release_number"),
        "actor_id": None,
        "at": at,
        "read_at": None,
        "email_id": None,
    }


def next_digest(zone_name: str, now: dt.datetime) -> dt.datetime:
    """Return when the clock in the zone of a person shows NOTIFICATION_DIGEST_TIME next, after `now`."""
    return clock_of(zone_name, settings.NOTIFICATION_DIGEST_TIME).next_time(now)


def wait_for_next_digest(emails: QuerySet[OutgoingEmail], now: dt.datetime) -> None:
    """Make the daily emails in `emails` that would wait longer leave at their readers' next time.

    One UPDATE for each zone.
    """
    waiting = emails.filter(kind=Email.DIGEST, state=OutgoingEmail.State.WAITING)
    for zone in set(waiting.order_by().values_list("recipient__time_zone", flat=True).distinct()):
        moment = next_digest(zone, now)
        delivery_claims.wait_until(waiting.filter(recipient__time_zone=zone, next_try__gt=moment), moment)


def move_daily_email(person: User) -> None:
    """Make the daily email to `person`, whose zone has just changed, leave at the next time of day there.

    One that is being retried keeps its next attempt.
    """
    now = portal_now()
    collecting = OutgoingEmail.objects.filter(recipient=person, kind=Email.DIGEST, group__isnull=True, next_try__gt=now)
    delivery_claims.wait_until(collecting.filter(state=OutgoingEmail.State.WAITING), next_digest(person.time_zone, now))


def _untold(kind: str, abouts: Sequence[About]) -> list[About]:
    """Return those of `abouts` that have not been notified yet."""
    people, cases = ({about.person for about in abouts}, {about.case for about in abouts if about.case})
    # The list of kinds is the condition of an index, which SQLite recognizes only if it is written down.
    known = Notification.objects.filter(kind=kind, kind__in=ONCE_KINDS, recipient__in=ids_as_rows(sorted(people)))
    known = known.filter(case__in=ids_as_rows(sorted(cases)))
    told = {About(*row) for row in known.values_list("recipient_id", "case_id", "ref")}
    return [about for about in abouts if about not in told]


def _emails(people: Iterable[Reader], now: dt.datetime) -> dict[int, int]:
    """Return the key of the email that will carry it, for each of `people` who wants one and has an address."""
    emails: dict[int, int] = {}
    for channel, kind in EMAIL_OF.items():
        some = {person.pk: person for person in people if person.channel == channel and person.email}
        if some:
            emails |= _open_emails(kind, some, now)
    return emails


def _open_emails(kind: str, people: dict[int, Reader], now: dt.datetime) -> dict[int, int]:
    """Return the email of `kind` that collects notifications for each of `people`, and create missing ones.

    They are locked, so that a sender claims them before or after, because the content of a claimed email is settled.
    One that another transaction holds is left alone. Two that are due to a person at the same time leave as one
    message.
    """
    collecting = OutgoingEmail.objects.filter(
        recipient__in=people, kind=kind, state=OutgoingEmail.State.WAITING, group__isnull=True
    )
    free = collecting.order_by("pk").select_for_update(skip_locked=True, no_key=True, of=("self",))
    emails = {email.recipient_id: email.pk for email in free.only("recipient_id")}
    missing = [person for pk, person in people.items() if pk not in emails]
    for email in OutgoingEmail.objects.bulk_create([_email(kind, person, now) for person in missing]):
        emails[email.recipient_id] = email.pk
    if kind == Email.NOTIFICATION:
        transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)
    return emails


def _email(kind: str, person: Reader, now: dt.datetime) -> OutgoingEmail:
    moment = next_digest(person.time_zone, now) if kind == Email.DIGEST else now
    return OutgoingEmail(kind=kind, recipient_id=person.pk, address=person.email, **first_due(moment, created=now))
