"""Verbs on the case types, for administrators: add, change, retire. Members choose one for a new case.

Like the verbs in cases.releases, each writes to the history of the portal. A type is never deleted: its cases keep it.
"""

from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases.core import limits, schedule
from cases.core.clock import portal_now
from cases.core.errors import CaseError, WrongState
from cases.core.folding import fold
from cases.core.names import clean_name
from cases.core.numbers import grouped
from cases.core.text import clean_line, clean_text
from cases.lifecycle import form_tokens, portal_history
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_as_administrator, lock_list
from cases.models import CaseType, CaseTypeCondition, PortalEvent, User
from cases.models.condition_kinds import NEEDS_A_NAME, ONCE_PER_CASE

Kind = PortalEvent.Kind
Conditions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TypeFacts:
    """What an administrator sets for a type. Days that are None follow the portal's settings. A condition is a kind and
    a name."""

    name: str
    guidance: str = ""
    default_days: int | None = None
    min_days: int | None = None
    requires_answer: bool = False
    position: int = 0
    conditions: Conditions = ()

    @classmethod
    def of(cls, case_type: CaseType) -> "TypeFacts":
        """Return the facts of a stored type."""
        columns = {name: getattr(case_type, name) for name in COLUMNS}
        return cls(**columns, conditions=tuple(case_type.conditions.values_list("kind", "name")))

    def cleaned(self) -> "TypeFacts":
        """Return the facts with their texts in the form in which they are stored."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        columns |= {"name": clean_line(self.name), "guidance": clean_text(self.guidance)}
        return TypeFacts(**columns, conditions=tuple((kind, clean_line(name)) for kind, name in self.conditions))


COLUMNS = [field.name for field in fields(TypeFacts) if field.name != "conditions"]


def in_order() -> QuerySet[CaseType]:
    """Return all types in order, retired ones last."""
    return CaseType.objects.order_by("is_retired", "position", "name", "pk")


def next_position() -> int:
    """Return the position of a type that comes after all others."""
    last = CaseType.objects.order_by("-position").values_list("position", flat=True).first()
    return 1 if last is None else min(last + 1, limits.PLACES)


@transaction.atomic
def add(*, by: User, source: str, facts: TypeFacts, form_token: str = "") -> CaseType:
    """Add a type.

    A form adds one (cases.lifecycle.form_tokens). CaseError for facts that are not accepted. NotAllowed for anyone but
    an administrator.
    """
    lock_as_administrator(by)
    facts = facts.cleaned()
    used = form_tokens.use(form_token, by=by, content=["case type", repr(facts)])
    kept = _lock_types()
    if len(kept) >= limits.CASE_TYPES:
        most = grouped(limits.CASE_TYPES)
        raise WrongState(_("You already have %(most)s case types. Change one you no longer need.") % {"most": most})
    _check(facts, others=kept)
    case_type = CaseType()
    _store(case_type, facts)
    _store_conditions(case_type, facts)
    form_tokens.remember(used, case_type.pk)
    _record(Kind.CASE_TYPE_ADDED, case_type, by, source, _told(facts))
    return case_type


@transaction.atomic
def change(*, case_type: CaseType, by: User, source: str, facts: TypeFacts, version: int | None = None) -> CaseType:
    """Replace the facts of a type.

    WrongState if it is no longer the `version` that the person saw, unless the facts are the same, as when a button is
    pressed twice. CaseError for facts that are not accepted.
    """
    lock_as_administrator(by)
    facts, kept = facts.cleaned(), _lock_types()
    case_type = _present(case_type, kept)
    former = TypeFacts.of(case_type)
    if facts == former:
        return case_type
    _check_version(case_type, version, by=by)
    _check(facts, others=[each for each in kept if each.pk != case_type.pk])
    _store(case_type, facts)
    if facts.conditions != former.conditions:
        case_type.conditions.all().delete()
        _store_conditions(case_type, facts)
    before, after = _told(former), _told(facts)
    changed = {name: [before[name], after[name]] for name in after if getattr(former, name) != getattr(facts, name)}
    _record(Kind.CASE_TYPE_CHANGED, case_type, by, source, {"changed": changed})
    return case_type


@transaction.atomic
def set_retired(*, case_type: CaseType, retired: bool, by: User, source: str, version: int | None = None) -> CaseType:
    """Retire a type, so that no one can choose it anymore, or bring it back.

    WrongState if it is no longer the `version` that the person saw, unless that is already done.
    """
    lock_as_administrator(by)
    case_type = _present(case_type, _lock_types())
    if case_type.is_retired == retired:
        return case_type
    _check_version(case_type, version, by=by)
    case_type.is_retired = retired
    case_type.version += 1
    case_type.save(update_fields=["is_retired", "version"])
    _record(Kind.CASE_TYPE_CHANGED, case_type, by, source, {"changed": {"retired": [not retired, retired]}})
    return case_type


def check_choosable(case_type: CaseType | None, *, present: int | None) -> None:
    """Check that a case may get this type. CaseError for a retired one, unless it is the `present` one, by key."""
    if case_type and case_type.is_retired and case_type.pk != present:
        raise CaseError(_("This type can't be chosen anymore. Choose another one."), field="case_type")


def _lock_types() -> list[CaseType]:
    """Lock all types, because their names are compared and there are few. Creating a case does not wait for this
    lock."""
    lock_list(CaseType)
    return list(CaseType.objects.order_by("pk").select_for_update(no_key=True))


def _present(case_type: CaseType, kept: list[CaseType]) -> CaseType:
    return next(each for each in kept if each.pk == case_type.pk)


def _check_version(case_type: CaseType, version: int | None, *, by: User) -> None:
    if version is None or version == case_type.version:
        return
    changes = PortalEvent.objects.filter(kind=Kind.CASE_TYPE_CHANGED, details__case_type=case_type.pk)
    by_self = _(
        "You changed this case type in another tab or window after you opened it here. Nothing was saved. "
        "Check it and try again."
    )
    by_others = _("Someone changed this case type after you opened it. Nothing was saved. Check it and try again.")
    raise WrongState(by_self if changes.values_list("actor_id", flat=True).first() == by.pk else by_others)


def _store(case_type: CaseType, facts: TypeFacts) -> None:
    for name in COLUMNS:
        setattr(case_type, name, getattr(facts, name))
    if case_type.pk:
        case_type.version += 1
    try:
        with transaction.atomic():
            case_type.save()
    except IntegrityError:  # added by another program
        raise _name_taken() from None


def _store_conditions(case_type: CaseType, facts: TypeFacts) -> None:
    CaseTypeCondition.objects.bulk_create(
        CaseTypeCondition(case_type=case_type, kind=kind, name=name) for kind, name in facts.conditions
    )


def _check(facts: TypeFacts, *, others: list[CaseType]) -> None:
    clean_name(facts.name)
    limits.check_length(facts.guidance, limits.GUIDANCE, field="guidance")
    if fold(facts.name) in {fold("General"), fold(_("General")), *(fold(each.name) for each in others)}:
        raise _name_taken()
    _check_days(facts)
    _check_conditions(facts.conditions)


def _name_taken() -> CaseError:
    return CaseError(_("There is already a type with this name. Choose another name."), field="name")


def _check_days(facts: TypeFacts) -> None:
    most = settings.RELEASE_MAX_DAYS
    for name in ("min_days", "default_days"):
        days = getattr(facts, name)
        if days is not None and days > min(most, limits.DAYS):
            text = _("Enter up to %(most)s days. Technicians can't choose later dates.")
            raise CaseError(text % {"most": grouped(min(most, limits.DAYS))}, field=name)
    least = schedule.portals_lead_time().least if facts.min_days is None else facts.min_days
    if facts.default_days is not None and facts.default_days < least:
        text = _("The default can't be below the minimum of %(least)s days.")
        raise CaseError(text % {"least": grouped(least)}, field="default_days")


def _check_conditions(conditions: Conditions) -> None:
    if len(conditions) > limits.CONDITIONS:
        raise CaseError(_("A type can have up to %(most)s conditions.") % {"most": limits.CONDITIONS})
    for kind, name in conditions:
        limits.check_length(name, limits.CONDITION, field="conditions")
        if kind in NEEDS_A_NAME and not name:
            raise CaseError(_("Enter a name for each condition."))
    if len({(kind, "" if kind in ONCE_PER_CASE else name) for kind, name in conditions}) < len(conditions):
        raise CaseError(_("A condition is in the list twice. Remove one of them."))


def _told(facts: TypeFacts) -> dict[str, Any]:
    """Return what the history records: only the length of long texts, and the kinds of conditions."""
    told = {name: getattr(facts, name) for name in COLUMNS}
    return told | {"guidance": len(facts.guidance), "conditions": [kind for kind, _name in facts.conditions]}


def _record(kind: PortalEvent.Kind, case_type: CaseType, by: User, source: str, details: dict[str, Any]) -> None:
    details = {"case_type": case_type.pk, "name": case_type.name} | details
    portal_history.record(kind, by=by, source=source, at=portal_now(), details=details)
    log_committed("case type changed", kind=str(kind), case_type_id=case_type.pk, source=source, by=by.pk)
