"""Somebody asked for a link to reset a password."""

from django.db import models

from cases.models.user import User


class PasswordResetRequest(models.Model):
    """What a request leaves behind, the same for a known and an unknown address: so it takes the same time for both.

    The mail worker makes an e-mail of it where there is a person, and deletes it.
    """

    # Not checked by the database: the check, and the lock it takes, would be for known addresses alone.
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False, db_constraint=False
    )
    language = models.CharField(max_length=10, help_text="Of the page; used where the person has chosen none")

    def __str__(self) -> str:
        return f"password reset for person {self.person_id or 'unknown'}"
