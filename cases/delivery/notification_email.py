"""The notification emails: immediate and daily.

One message covers everything that a person is notified of at a time. Its content is decided when it is sent. It leaves
out what they have read since, may no longer read, or no longer want by email, and what is no longer true. An email
names cases by their number, never by their title.
"""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext

from cases.delivery import unsubscribe
from cases.delivery.account_email import DEACTIVATED
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.letter import (
    MAX_LISTED,
    Button,
    Entries,
    Entry,
    Heading,
    Letter,
    Link,
    Paragraph,
    Part,
    compose,
    reading_as,
)
from cases.delivery.notifications import ABOUT_CONDITIONS
from cases.delivery.portal_links import portal_url
from cases.lifecycle.deputies import stands_in_for
from cases.lifecycle.former_technicians import has_left
from cases.lifecycle.notification_choices import BY_EMAIL, choices_of
from cases.lifecycle.notification_kinds import KINDS
from cases.lifecycle.notification_texts import count_queue, headline, link, sentence
from cases.models import Case, Condition, Notification, OutgoingEmail, User
from cases.models.condition import UNMET

Kind = Notification.Kind
# These say what holds a release back. Their `ref` is the revision of its schedule.
ABOUT_SCHEDULES = (Kind.HELD, Kind.FAILED)
NOTHING_LEFT = _noop("No email was needed: the notifications were read or no longer concern this person.")


def notifications(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render one message about what is still to be told in `batch`."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    told = _still_to_tell(batch, person)
    rows = {each.email_id for each in told}
    dropped_rows = tuple(pk for pk in batch.row_ids if pk not in rows)
    if not told:
        return RenderedEmail(None, dropped_rows, NOTHING_LEFT)
    with reading_as(person):
        message = compose(
            _letter(told, person, is_daily=batch.kind == OutgoingEmail.Kind.DIGEST),
            recipient=person,
            address=batch.address,
            message_id=batch.message_id,
        )
    return RenderedEmail(message, dropped_rows, NOTHING_LEFT)


def _still_to_tell(batch: EmailBatch, person: User) -> list[Notification]:
    """Return what in `batch` is unread, still wanted by email, and about something that `person` may know.

    The kind of email no longer matters: notifications from before a change from one to the other are only in this one.
    """
    wanted = [kind for kind, chosen in choices_of(person).items() if chosen in BY_EMAIL]
    found = Notification.objects.filter(email__in=batch.row_ids, read_at__isnull=True, kind__in=wanted)
    told = list(found.select_related("actor").order_by("pk"))
    readable = Case.objects.readable_by(person)
    # An administrator is notified instead of a technician who has left.
    readable = readable.select_related("assigned_to") if person.is_administrator else readable
    cases = readable.in_bulk({each.case_id for each in told if each.case_id})
    for each in told:
        each.case = cases.get(each.case_id) if each.case_id else None
    in_queue = count_queue(person) if any(each.case is None for each in told) else 0
    told = [each for each in told if (_is_theirs(each, person) if each.case else each.kind == Kind.QUEUE and in_queue)]
    unmet = _open_conditions(told)
    return [each for each in told if each.case is None or _is_still_so(each, each.case, unmet)]


def _is_theirs(notification: Notification, person: User) -> bool:
    """Tell whether what concerns the technician of a case still concerns `person`, who may also be standing in."""
    case, facts = notification.case, KINDS[notification.kind]
    assert case is not None  # noqa: S101  (the caller has asked)
    if not facts.of_the_technician or case.assigned_to_id == person.pk:
        return True
    if person.is_administrator:
        return case.assigned_to is not None and has_left(case.assigned_to)
    return facts.to_deputies and case.assigned_to_id in stands_in_for(person)


def _open_conditions(told: Sequence[Notification]) -> set[int]:
    """Return the keys of those conditions that `told` is about and that are open. One statement, or none."""
    asked = [each.ref for each in told if each.kind in ABOUT_CONDITIONS and each.ref]
    return set(Condition.objects.filter(UNMET, pk__in=asked).values_list("pk", flat=True)) if asked else set()


def _is_still_so(notification: Notification, case: Case, unmet: Collection[int]) -> bool:
    """Tell whether `notification` still needs attention. One about a past event always counts."""
    kind, ref = notification.kind, notification.ref
    if kind in ABOUT_CONDITIONS:  # they ask for something as long as the condition is open
        # If a case was reopened, the approval is asked for again once it is completed.
        return ref in unmet and not case.is_released and (case.is_pending or kind == Kind.CONDITION)
    if kind in ABOUT_SCHEDULES:
        is_same = not case.is_released and case.schedule_revision == ref
        return is_same and (kind == Kind.FAILED or case.open_conditions > 0)
    return True


def _letter(told: Sequence[Notification], person: User, *, is_daily: bool) -> Letter:
    kinds = {each.kind for each in told}
    return Letter(
        subject=_subject(told, person),
        parts=[*_parts(told, person), _settings_link()],
        why=_why(person, is_daily=is_daily),
        unsubscribe=unsubscribe.link(person, kinds),
    )


def _why(person: User, *, is_daily: bool) -> str:
    if is_daily:
        return _("You get this email once a day, if there's anything new.")
    if person.is_member:
        return _("You're getting this email because it is about your cases.")
    return _("You're getting this email because it is about your work in the portal.")


def _subject(told: Sequence[Notification], person: User) -> str:
    """Return the number of the case, if everything is about one, and what happened, or how many things did."""
    latest = told[-1]
    if len(told) == 1:
        words = headline(latest, to=person, in_queue=_in_queue(latest, person)).rstrip(".")
    else:
        text = ngettext("%(n)s notification for you", "%(n)s notifications for you", len(told))
        words = text % {"n": len(told)}
    about = {each.case for each in told}
    return f"{latest.case.external_case_id}: {words}" if latest.case and len(about) == 1 else words


def _parts(told: Sequence[Notification], person: User) -> list[Part]:
    if len(told) == 1:
        (only,) = told
        label = _("View the case") if only.case else _("View the queue")
        number = [Paragraph(_("Case %(number)s") % {"number": only.case.external_case_id})] if only.case else []
        return [Paragraph(_words(only, person)), *number, Button(label, link(only))]
    parts: list[Part] = []
    for case, lines in _by_case(told[:MAX_LISTED]).items():
        parts.append(Heading(case.external_case_id if case else _("Queue")))
        parts.append(Entries([Entry(_words(each, person), link(each)) for each in lines]))
    if len(told) > MAX_LISTED:
        more = len(told) - MAX_LISTED
        parts.append(Paragraph(ngettext("… and %(n)s more.", "… and %(n)s more.", more) % {"n": more}))
    return [*parts, Button(_("View all notifications"), portal_url("notifications"))]


def _by_case(told: Sequence[Notification]) -> dict[Case | None, list[Notification]]:
    groups: dict[Case | None, list[Notification]] = {}
    for each in told:
        groups.setdefault(each.case, []).append(each)
    return groups


def _words(notification: Notification, person: User) -> str:
    return sentence(notification, to=person, case=notification.case, in_queue=_in_queue(notification, person))


def _in_queue(notification: Notification, person: User) -> int:
    return 0 if notification.case else count_queue(person)


def _settings_link() -> Link:
    return Link(_("Change notification settings"), portal_url("notification_settings"))
