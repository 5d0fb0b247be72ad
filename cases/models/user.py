"""The people of the portal."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any, ClassVar, Self, TypeAlias

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.email_addresses import canonical
from cases.core.folding import MAX_EXPANSION
from cases.core.plain_in_migrations import CharField
from cases.core.reader_timezones import validate_zone
from cases.core.text import NOT_IN_A_LINE
from cases.core.text_fields import Line
from cases.models import person_search_words
from cases.models.constraints import one_of
from cases.models.folded import Folded, with_folded

# Django's own, of the method that is overridden here.
DJANGOS_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
# People who have not followed the invitation link yet. Django marks an unusable password with "!".
INVITED = models.Q(is_active=True, password__startswith="!")  # noqa: S106


class UserQuerySet(models.QuerySet["User"]):
    """Stores the canonical form with each address, however rows are written."""

    def with_address(self, address: str) -> Self:
        """Return the account with `address`, however it is spelled: one or none."""
        form = canonical(address)
        return self.filter(email_canonical=form) if form else self.none()

    def update(self, **columns: Any) -> int:
        # A migration's User is a different class. An expression is a TypeError, because only Python knows the canonical
        # form.
        if "email" in columns and "email_canonical" not in columns and self.model is User:
            columns["email_canonical"] = canonical(columns["email"]) or None
        return super().update(**columns)

    def bulk_create(self, objs: Iterable["User"], *args: Any, **kwargs: Any) -> list["User"]:
        with transaction.atomic(savepoint=False):
            stored = super().bulk_create(_with_canonical(objs), *args, **kwargs)
            if self.model is User:  # a migration's is another class
                person_search_words.store(stored)
        return stored

    def bulk_update(self, objs: Iterable["User"], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        return super().bulk_update(_with_canonical(objs), _and_canonical(fields), *args, **kwargs)


def _with_canonical(people: Iterable["User"]) -> list["User"]:
    found = list(people)
    for person in found:
        person.email_canonical = canonical(person.email) or None
    return found


def _and_canonical(fields: Iterable[str]) -> set[str]:
    return {*fields, "email_canonical"} if "email" in fields else set(fields)


class PortalUserManager(UserManager["User"]):
    """Django's manager. A superuser created on the command line is also an administrator of the portal."""

    use_in_migrations = False

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def with_address(self, address: str) -> UserQuerySet:
        """Do the same as UserQuerySet.with_address, for all people."""
        return self.get_queryset().with_address(address)

    @transaction.atomic
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        """Create an administrator. ValidationError, which the command reports, for the address of another account."""
        if email and self.with_address(email).exists():
            raise ValidationError(_("An account with this email address already exists."))
        extra.setdefault("role", User.Role.ADMINISTRATOR)
        return super().create_superuser(username, email, password, **extra)


class UserRole(models.TextChoices):
    MEMBER = "member", _("Member")
    TECHNICIAN = "technician", _("Technician")
    ADMINISTRATOR = "administrator", _("Administrator")


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox, beneath ApiToken, has no types
    """A member, a technician or an administrator. Deactivated (`is_active`), never deleted (docs/rules.md, 10)."""

    Role: TypeAlias = UserRole

    first_name = Line(_("first name"), max_length=limits.NAME, blank=True)
    last_name = Line(_("last name"), max_length=limits.NAME, blank=True)
    name_folded = Folded(
        _("folded name"),
        of=("username", "first_name", "last_name"),
        max_length=MAX_EXPANSION * (limits.USERNAME + 2 * limits.NAME + 2),
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("Used to search for people."),
    )
    email_canonical = models.CharField(
        _("canonical email address"),
        max_length=320,
        null=True,
        blank=True,
        editable=False,
        help_text=_("The same for every spelling of an address. No two accounts share it."),
    )
    role = models.CharField(_("role"), max_length=20, choices=UserRole, default=UserRole.MEMBER)
    time_zone = CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[validate_zone],
        help_text=_("Used for dates and times. Empty: the portal's time zone. Release dates always use the portal's."),
    )

    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text=_("Used for pages and emails. Empty: the browser's language."),
    )
    keyboard_shortcuts = models.BooleanField(
        _("keyboard shortcuts"),
        default=True,
        db_default=True,
        help_text=_("Single-key shortcuts, such as / to search."),
    )
    reminders_considered = models.DateField(
        _("reminders processed"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The last day, in this person's time zone, for which reminders were processed."),
    )
    # Set by cases.delivery.bounces, and cleared when the address changes.
    email_bounced = models.DateTimeField(
        _("email bounced"), null=True, blank=True, editable=False, help_text=_("When the address started bouncing.")
    )
    email_bounce_words = models.CharField(
        _("mail server's message"),
        max_length=limits.SERVER_WORDS,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("Why it bounced. For staff only."),
    )
    previous_login = models.DateTimeField(
        _("previous sign-in"), null=True, blank=True, editable=False, help_text=_("The sign-in before the last one.")
    )

    credentials_key = models.CharField(
        _("credentials key"),
        max_length=32,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("Part of every session, token and link. A new key invalidates them all."),
    )

    # The people they stand in for today. Read by cases.lifecycle.deputies.
    standing_in: frozenset[int] | None = None

    objects: ClassVar[PortalUserManager] = PortalUserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            one_of(UserRole, field="role", name="user_role_known"),
            models.CheckConstraint(
                name="user_names_are_lines",
                condition=~models.Q(first_name__regex=NOT_IN_A_LINE)
                & ~models.Q(last_name__regex=NOT_IN_A_LINE)
                & ~models.Q(username__regex=NOT_IN_A_LINE),
            ),
            # Conditional, so that PostgreSQL does not treat it as a key: changing a key would make releases wait.
            models.UniqueConstraint(
                name="user_address_once",
                fields=["email_canonical"],
                condition=models.Q(email_canonical__isnull=False),
            ),
            models.CheckConstraint(
                name="user_address_is_canonical_too",
                condition=models.Q(email="", email_canonical__isnull=True)
                | (~models.Q(email="") & models.Q(email_canonical__isnull=False)),
            ),
        ]
        # For filtering and sorting the list of people.
        indexes = [
            models.Index(name="user_role", fields=["role", "username"]),
            models.Index(name="user_last_name", fields=["last_name", "first_name", "username"]),
            models.Index(name="user_newest", fields=["-date_joined", "-id"]),
            models.Index(name="user_invited", fields=["username"], condition=INVITED),
            models.Index(name="user_deactivated", fields=["username"], condition=models.Q(is_active=False)),
            models.Index(
                name="user_bounced", fields=["-email_bounced"], condition=models.Q(email_bounced__isnull=False)
            ),
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
        """Whether cases may be handed over to this person: a technician at work. A person who was invited but has never
        signed in might not come, and their cases would be left undone."""
        return self.is_technician and self.is_active and self.has_usable_password()

    @property
    def display_name(self) -> str:
        """The name that other people in the portal see."""
        return self.get_full_name() or self.username

    def end_credentials(self) -> None:
        """End everything that gives access to the account without its password.

        This takes effect when it is saved. It covers sessions, sign-ins that wait for the second factor, links that set
        a password, API tokens, and the address of the calendar feed. A key is random and never reused, so what was
        issued before stays invalid, even if the account is reactivated later.
        """
        self.credentials_key = secrets.token_hex(16)

    def get_session_auth_hash(self) -> str:
        """Return the value that a session stores, and that must still match when the session is used."""
        return self._credentials_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Return the same under former secret keys of the portal."""
        return (self._credentials_hash(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _credentials_hash(self, secret: str) -> str:
        value = f"{self.password}{self.credentials_key}"
        return salted_hmac(DJANGOS_SALT, value, secret=secret, algorithm="sha256").hexdigest()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, including the canonical form of its address. A new password, no matter who sets it, ends all
        credentials."""
        if "email" not in self.get_deferred_fields():
            self.email_canonical = canonical(self.email) or None
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = _and_canonical(kwargs["update_fields"])
        # Django has forgotten it where the same password is only hashed in a newer way.
        if self._password is not None and not self._state.adding:  # type: ignore[attr-defined]
            self.end_credentials()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "credentials_key"}
        kwargs["update_fields"] = with_folded(User, kwargs.get("update_fields"))
        is_renamed = kwargs["update_fields"] is None or kwargs["update_fields"] & set(person_search_words.TEXTS)
        with transaction.atomic(savepoint=False) if is_renamed else nullcontext():
            super().save(*args, **kwargs)
            if is_renamed:
                person_search_words.store([self] if kwargs["update_fields"] is None else self._stored_names())

    def _stored_names(self) -> models.QuerySet["User"]:
        """Return the row as it is stored now, because an object that is saved in part may have been read before another
        change."""
        return User.objects.filter(pk=self.pk).only(*person_search_words.TEXTS)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse with TypeError: the history names people forever."""
        raise TypeError("Users are deactivated, never deleted.")
