"""The email that reminds staff of upcoming releases: each case with its pre-flight, and links to act.

Its content is read when it is sent. It leaves out cases that have been released, moved, put on hold or handed over
since.
"""

import datetime as dt
from dataclasses import dataclass
from typing import cast

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext

from cases.core.clock import portal_now
from cases.core.reader_timezones import on_portal_clock
from cases.core.text import isolated
from cases.delivery import signed_links, unsubscribe
from cases.delivery.account_email import DEACTIVATED, NOT_WANTED
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.email_message import one_line
from cases.delivery.letter import (
    MAX_LISTED,
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
from cases.delivery.portal_links import case_url, portal_url
from cases.lifecycle import deputies, permissions
from cases.lifecycle.former_technicians import has_left, left_with_cases
from cases.lifecycle.notification_choices import is_emailed
from cases.lifecycle.permissions import Action
from cases.lifecycle.preflight import Preflight, preflights, with_facts
from cases.models import Case, CaseQuerySet, Notification, Reminder, User
from cases.models.case_states import SCHEDULED

NOTHING_LEFT = _noop("No reminder was needed: the cases were released, moved or handed over.")
# How many cases of an email get a pre-flight, beginning with the next releases.
MAX_CHECKED = 200
ACTIONS = {
    Action.RESCHEDULE: _noop("Change the release date"),
    Action.RETURN: _noop("Reopen case"),
    Action.HOLD: _noop("Put on hold"),
    Action.RELEASE_EARLY: _noop("Release early"),
}


@dataclass(frozen=True)
class Near:
    """A case whose release is near, and what was found when it was checked."""

    case: Case
    checked: Preflight


def reminder(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the reminder of `batch`: releases still ahead, of the reader or of a colleague who is away or has left."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    if not is_emailed(Notification.Kind.REMINDER, person):
        return RenderedEmail.dropped(batch, NOT_WANTED)
    now = portal_now()
    reminded = _reminded_of(person, batch.row_ids)
    # Key and schedule of all. What is checked comes with its answer, and there may be thousands.
    found = list(reminded.only("pk", "scheduled_release_date", "scheduled_release_time"))
    _forget_others(batch.row_ids, found)
    ahead = [case.pk for case in sorted(found, key=_instant) if _instant(case) > now]
    looked_at = ahead[:MAX_CHECKED]
    near = _checked(sorted(with_facts(reminded.filter(pk__in=looked_at)), key=_instant)) if looked_at else []
    if not near:
        return RenderedEmail.dropped(batch, NOTHING_LEFT)
    # In the meantime a case may have been released, moved or handed over.
    count = len(ahead) - (len(looked_at) - len(near))
    with reading_as(person):
        letter = reminder_letter(near, count=count, person=person, now=now)
        message = compose(letter, recipient=person, address=batch.address, message_id=batch.message_id)
    return RenderedEmail(message)


def reminder_letter(near: list[Near], *, count: int, person: User, now: dt.datetime) -> Letter:
    """Return the letter to `person` about `near`, out of `count` cases in all. Cases with something to do come
    first."""
    listed = sorted(near, key=lambda each: not each.checked.failed)[:MAX_LISTED]
    to_do = [each for each in listed if each.checked.failed]
    groups = [
        (_("Something to do before the release"), to_do),
        (_("Ready to be released"), [each for each in listed if not each.checked.failed]),
    ]
    parts: list[Part] = [Paragraph(_intro(count, len(to_do)))]
    for heading, some in groups:
        if some:
            parts += [Heading(heading), Entries([_entry(each, person, now) for each in some])]
    if count > len(listed):
        more = ngettext("And %(n)s more case.", "And %(n)s more cases.", count - len(listed))
        parts.append(Paragraph(more % {"n": count - len(listed)}))
    url = portal_url("case_list") + "?state=scheduled"
    parts.append(Link(_("View scheduled cases"), url))
    parts.append(
        Paragraph(_("Each link opens a page that asks you to confirm. Opening it changes nothing."), minor=True)
    )
    why = _("You're getting this email because these cases are assigned to you or to a colleague you cover for.")
    stop = unsubscribe.link(person, [Notification.Kind.REMINDER])
    return Letter(subject=_subject(listed, count), parts=parts, why=why, unsubscribe=stop)


def _reminded_of(person: User, emails: tuple[int, ...]) -> CaseQuerySet:
    """Return the cases of these reminders that `person` may still be reminded of."""
    theirs = {person.pk, *deputies.stands_in_for(person)} | (left_with_cases() if person.is_administrator else set())
    same = {"reminders__email__in": emails, "reminders__schedule_revision": F("schedule_revision")}
    return Case.objects.visible_to(person).filter(SCHEDULED, assigned_to__in=theirs, **same).order_by("pk")


def _instant(case: Case) -> dt.datetime:
    """Return when the case, which has a date, is released. Databases sort a case without a time first or last on its
    day."""
    return cast(dt.datetime, case.release_instant)


def _forget_others(emails: tuple[int, ...], told: list[Case]) -> None:
    """Delete the reminders that these emails no longer mention, so that a case that comes back to the reader is
    mentioned then."""
    Reminder.objects.filter(email__in=emails).exclude(case__in=[case.pk for case in told]).delete()


def _checked(cases: list[Case]) -> list[Near]:
    found = preflights(cases)
    return [Near(case, found[case.pk]) for case in cases]


def _intro(count: int, to_do: int) -> str:
    words = ngettext("%(n)s case will be released soon.", "%(n)s cases will be released soon.", count) % {"n": count}
    if not to_do:
        return words
    more = ngettext("%(n)s needs something from you.", "%(n)s need something from you.", to_do) % {"n": to_do}
    return f"{words} {more}"


def _subject(listed: list[Near], count: int) -> str:
    if count == 1:
        return _("Case %(case)s will be released soon") % {"case": one_line(listed[0].case.external_case_id)}
    words = ngettext("%(n)s case will be released soon", "%(n)s cases will be released soon", count)
    return words % {"n": count}


def _entry(near: Near, person: User, now: dt.datetime) -> Entry:
    case = near.case
    lines = [_("Releases %(moment)s") % {"moment": on_portal_clock(_instant(case), "MOMENT_FORMAT")}]
    if case.assigned_to_id != person.pk and case.assigned_to:
        lines.append(_assigned_to(case.assigned_to))
    lines += [f"{check.text}. {check.consequence}" for check in near.checked.failed]
    if near.checked.passed and not near.checked.failed:
        lines.append(" · ".join(check.text for check in near.checked.passed))
    return Entry(
        name=one_line(case.external_case_id),
        link=case_url(case),
        about=isolated(case.title),
        lines=lines,
        links=_links(case, person, now),
    )


def _assigned_to(colleague: User) -> str:
    name = {"name": isolated(colleague.display_name)}
    if has_left(colleague):
        return _("Assigned to %(name)s, whose account is deactivated") % name
    return _("Assigned to %(name)s, who is away") % name


def _links(case: Case, person: User, now: dt.datetime) -> list[Link]:
    """Return the links to what `person` may do to `case`."""
    can = permissions.allowed(by=person, case=case, now=now)
    return [
        Link(_(label), signed_links.link(action, case=case, person=person, now=now))
        for action, label in ACTIONS.items()
        if action in can
    ]
