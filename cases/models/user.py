"""The people of the portal."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.zones import validate_zone

# Who has not followed the link of the invitation yet: Django marks a password that nobody can have with a "!".
INVITED = models.Q(is_active=True, password__startswith="!")  # noqa: S106


class PortalUserManager(UserManager["User"]):
    """Django's manager; a superuser made on the command line is an administrator of the portal too."""

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        extra.setdefault("role", User.Role.ADMINISTRATOR)
        return super().create_superuser(username, email, password, **extra)


class User(AbstractUser):
    """A member, a technician or an administrator. Deactivated (`is_active`), never deleted (DESIGN rule 10)."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        TECHNICIAN = "technician", _("Technician")
        ADMINISTRATOR = "administrator", _("Administrator")

    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[validate_zone],
        help_text="In which moments are shown; empty for the portal's. Releases stay in the portal's",
    )

    language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="Of pages and e-mails; empty for the browser's",
    )
    previous_login = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The sign-in before the last: what came after it is new"
    )

    objects: ClassVar[PortalUserManager] = PortalUserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_role_known", condition=models.Q(role__in=["member", "technician", "administrator"])
            ),
        ]
        # What the list of people is filtered and sorted by.
        indexes = [
            models.Index(name="user_role", fields=["role", "username"]),
            models.Index(name="user_last_name", fields=["last_name", "first_name", "username"]),
            models.Index(name="user_newest", fields=["-date_joined", "-id"]),
            models.Index(name="user_invited", fields=["username"], condition=INVITED),
            models.Index(name="user_deactivated", fields=["username"], condition=models.Q(is_active=False)),
        ]

    @property
    def is_member(self) -> bool:
        return self.role == self.Role.MEMBER

    @property
    def is_technician(self) -> bool:
        return self.role == self.Role.TECHNICIAN

    @property
    def is_administrator(self) -> bool:
        return self.role == self.Role.ADMINISTRATOR

    @property
    def takes_cases(self) -> bool:
        """Whether cases may be handed over to this person: a technician at work. Who was invited and has not signed in
        might never come; their cases would lie there."""
        return self.is_technician and self.is_active and self.has_usable_password()

    @property
    def display_name(self) -> str:
        """What other people of the portal read."""
        return self.get_full_name() or self.username

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuses with TypeError: the history names people for ever."""
        raise TypeError("Users are deactivated, never deleted.")
