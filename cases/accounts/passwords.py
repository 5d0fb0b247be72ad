"""What a password must satisfy, in addition to Django's rules."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.core import limits


class MaximumLengthValidator:
    """Refuses a password that the sign-in page would not take."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for more letters than limits.PASSWORD."""
        if len(password) > limits.PASSWORD:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Return the rule, as people read it."""
        return _("Your password can be up to %(most)s characters long.") % {"most": limits.PASSWORD}
