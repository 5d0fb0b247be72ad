"""The portal's own records, in Django's admin."""

from django.contrib import admin

from cases.admin.base import OfCasesAdmin, ReadOnlyAdmin
from cases.models import (
    AccountEvent,
    BlackoutDay,
    CaseDocument,
    CaseEvent,
    CaseNote,
    CaseType,
    CaseTypeCondition,
    Condition,
    FirstView,
    Heartbeat,
    OutgoingEmail,
    PortalClock,
    PortalEvent,
    ReleaseDay,
    SampledTotal,
)


@admin.register(CaseEvent)
class CaseEventAdmin(OfCasesAdmin):
    list_display = ("at", "case", "kind", "source", "actor_name", "reason", "details")
    list_select_related = ("case", "actor")


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "person", "kind", "actor_name", "reason", "details")
    list_select_related = ("person", "actor")
    ordering = ("-pk",)
    sortable_by = ()


@admin.register(PortalEvent)
class PortalEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "source", "actor_name", "reason", "details")
    list_select_related = ("actor",)
    ordering = ("-pk",)
    sortable_by = ()


@admin.register(BlackoutDay)
class BlackoutDayAdmin(ReadOnlyAdmin):
    """Managed on a page of the portal, which shows whom a day affects."""

    list_display = ("date", "name", "created_by", "created")
    list_select_related = ("created_by",)


@admin.register(PortalClock)
class PortalClockAdmin(ReadOnlyAdmin):
    list_display = ("time_zone", "release_time_of_day")


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(OfCasesAdmin):
    list_display = ("kind", "case", "address", "state", "attempts", "next_try", "last_error")


@admin.register(CaseDocument)
class CaseDocumentAdmin(OfCasesAdmin):
    """Without the file: documents are read through the portal, which checks who may read them."""

    list_display = ("case", "kind", "name", "size", "uploaded_by", "uploaded_at")
    list_select_related = ("case", "uploaded_by")
    exclude = ("file",)


@admin.register(CaseNote)
class CaseNoteAdmin(OfCasesAdmin):
    list_display = ("case", "author", "at", "text")
    list_select_related = ("case", "author")


@admin.register(Condition)
class ConditionAdmin(OfCasesAdmin):
    """Without the digest of its link."""

    list_display = ("case", "kind", "name", "state", "owner", "since", "settled_by", "settled_at")
    list_select_related = ("case", "owner", "settled_by")
    exclude = ("link_digest",)


@admin.register(CaseType)
class CaseTypeAdmin(ReadOnlyAdmin):
    list_display = ("name", "min_days", "default_days", "requires_answer", "position", "is_retired")


@admin.register(CaseTypeCondition)
class CaseTypeConditionAdmin(ReadOnlyAdmin):
    list_display = ("case_type", "kind", "name")
    list_select_related = ("case_type",)


@admin.register(FirstView)
class FirstViewAdmin(OfCasesAdmin):
    list_display = ("at", "case", "kind", "release_number")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at", "host", "released")


@admin.register(ReleaseDay)
class ReleaseDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "released", "pending", "mailed", "counted_at")
    ordering = ("-day",)


@admin.register(SampledTotal)
class SampledTotalAdmin(ReadOnlyAdmin):
    list_display = ("state", "cases", "counted_at", "seconds")
