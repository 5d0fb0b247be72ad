"""People in Django's admin: they are looked up here, and managed on the portal's own pages."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from cases.admin.base import ReadOnlyAdmin
from cases.models import User

# Groups mean nothing here: the role decides. The others show secrets (those of authenticators), or would let people
# delete the row of a live session, or give another person's address to an account.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Roles, access and passwords can't be edited here: verbs invite people, deactivate them and change their roles."""

    list_display = ("username", "first_name", "last_name", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    ordering = ("username",)
    search_fields = ("name_folded__contains", "email")
    exclude = ("password", "groups", "user_permissions")

    def view_on_site(self, person: User) -> str:
        """Return the address of the person's page in the portal."""
        return reverse("person", args=[person.pk])


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Who has a second factor. A lost one is removed on the person's page, by a verb."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    exclude = ("data",)
