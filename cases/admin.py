"""Django's admin: to look things up, and to manage accounts. It changes no case: every release goes through a verb."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from cases.models import Case, Heartbeat, OutgoingEmail, ReleaseEvent, User


class ReadOnlyAdmin(admin.ModelAdmin[Model]):
    """Shows everything, changes nothing."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_administrator(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Administrators see every case; anybody else has visible_to between them and the cases, and here it is not.
        return self._is_administrator(request) and super().has_view_permission(request, obj)

    def _is_administrator(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated and request.user.is_administrator)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PortalUserAdmin(UserAdmin[User]):
    """Django's, with the role; nobody is deleted."""

    list_display = ("username", "email", "role", "is_active")
    list_filter = ("role", "is_active")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Portal", {"fields": ("role",)}))
    add_fieldsets = (*UserAdmin.add_fieldsets, ("Portal", {"fields": ("role", "email")}))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("external_case_id", "member", "status", "scheduled_release_date", "actual_release_date")
    list_filter = ("status",)
    list_select_related = ("member",)
    search_fields = ("external_case_id",)


@admin.register(ReleaseEvent)
class ReleaseEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "case", "kind", "source", "actor_name", "reason")
    list_filter = ("kind", "source")
    list_select_related = ("case", "actor")


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnlyAdmin):
    list_display = ("case", "address", "state", "attempts", "next_try", "last_error")
    list_filter = ("state",)
    list_select_related = ("case",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at", "host", "released")


# allauth's show the secrets, and offer to delete the row of a session that goes on.
admin.site.unregister([Authenticator, UserSession])


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Whoever has lost both phone and recovery codes is let in with the password again: by deleting these rows."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    exclude = ("data",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_administrator(request) and admin.ModelAdmin.has_delete_permission(self, request, obj)
