"""allauth's forms in the portal's words. Each field has one label, which appears only above it."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.accounts import login_attempts, own_account, second_factor
from cases.accounts.mfa_adapter import SecretUnreadable
from cases.core import limits
from cases.core.email_addresses import canonical
from cases.delivery import account_email_queue
from cases.models import User

# Labels by field name, for all of these forms.
LABELS = {
    "login": gettext_lazy("Username or email"),
    "email": gettext_lazy("Email address"),
    "password": gettext_lazy("Password"),
    "remember": gettext_lazy("Remember me"),
    "oldpassword": gettext_lazy("Current password"),
    "password1": gettext_lazy("New password"),
    "password2": gettext_lazy("Confirm new password"),
    "code": gettext_lazy("Code"),
}
# Likewise, the message for an empty field.
REQUIRED = {
    "login": gettext_lazy("Enter your username or email address."),
    "email": gettext_lazy("Enter your email address."),
    "password": gettext_lazy("Enter your password."),
    "oldpassword": gettext_lazy("Enter your current password."),
    "password1": gettext_lazy("Enter a new password."),
    "password2": gettext_lazy("Enter the new password again."),
    "code": gettext_lazy("Enter a code."),
}
# Likewise, the longest text that is looked up or hashed.
LONGEST = {
    "login": limits.EMAIL,
    "email": limits.EMAIL,
    "password": limits.PASSWORD,
    "oldpassword": limits.PASSWORD,
    "password1": limits.PASSWORD,
    "password2": limits.PASSWORD,
    "code": limits.CODE,
}


def _as_stored(typed: str) -> str | None:
    """Return the address of the account that `typed` is a spelling of, if there is one."""
    return User.objects.with_address(typed).values_list("email", flat=True).first() if "@" in typed else None


class Bounded(forms.Form):
    """Mixin for allauth's forms: no placeholder that repeats the label, a limit for each text, and a specific message
    for each empty field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in REQUIRED:
                field.error_messages["required"] = REQUIRED[name]
            if longest := LONGEST.get(name):
                field.validators.append(MaxLengthValidator(longest))
                field.widget.attrs["maxlength"] = longest


class Worded(Bounded):
    """The same, with labels of ours."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)


class NewPassword(Worded):
    """Reports that the two differ even if the first is rejected, so that people can fix both mistakes together."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, second = (self.data.get(self.add_prefix(name)) for name in ("password1", "password2"))
        if first and second and first != second and not self.has_error("password2"):
            self.add_error("password2", _("The passwords don't match."))
        return cleaned


class LoginForm(Worded, account.LoginForm):
    """Sign in with username or address, and password."""

    def clean_login(self) -> str:
        """Return what was typed, with an address spelled as in the account."""
        typed = super().clean_login()
        return _as_stored(typed) or typed


class ReauthenticateForm(Worded, account.ReauthenticateForm):
    """Confirm the password again."""


class ResetPasswordForm(Worded, account.ResetPasswordForm):
    """Request a link for a new password."""

    def clean_email(self) -> str:
        """Return the address as the account spells it.

        Requests are counted by it. So all spellings of an address without an account are one too: otherwise the number
        of requests that are accepted would reveal which addresses are known.
        """
        typed = self.cleaned_data["email"]
        self.cleaned_data["email"] = _as_stored(typed) or canonical(typed)
        return str(super().clean_email())

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Leave the rest to the mail worker, for known and unknown addresses alike. Return the address."""
        account_email_queue.request_password_resets(self.users)
        return str(self.cleaned_data["email"])


class ResetPasswordKeyForm(NewPassword, account.ResetPasswordKeyForm):
    """Set a password with the link."""

    def save(self) -> None:
        own_account.set_password(by=self.user, password=self.cleaned_data["password1"], with_link=True)
        login_attempts.forgive(context.request, self.user)


class ChangePasswordForm(NewPassword, account.ChangePasswordForm):
    """Change the password, given the present one."""

    def clean_oldpassword(self) -> str:
        guess = login_attempts.count(context.request, [login_attempts.at_password(self.user)])
        if guess is None:
            raise get_adapter().validation_error("too_many_login_attempts")
        try:
            password: str = super().clean_oldpassword()
        except forms.ValidationError:
            login_attempts.log_wrong([login_attempts.at_password(self.user)])
            raise
        guess.rollback()
        return password

    def save(self) -> None:
        own_account.set_password(by=self.user, password=self.cleaned_data["password1"], with_link=False)


class UsesCode(Worded, mfa.BaseAuthenticateForm):
    """Mixin for allauth's forms that ask for a code: each code works once, and guesses are counted."""

    def clean_code(self) -> str:
        guess = login_attempts.count(context.request, [login_attempts.at_code(self.user)])
        if guess is None:
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = self.cleaned_data["code"]
        authenticator = self._use(code)
        guess.rollback()
        self.authenticator = authenticator
        return code

    def _use(self, code: str) -> Authenticator:
        try:
            authenticator = second_factor.use_code(self.user, code)
        except SecretUnreadable as error:
            raise forms.ValidationError(str(error)) from None
        if authenticator is None:
            login_attempts.log_wrong([login_attempts.at_code(self.user)])
            self._emit_authentication_failed(second_factor.main(self.user))
            raise get_adapter().validation_error("incorrect_code")
        return authenticator


class AuthenticateForm(UsesCode, mfa.AuthenticateForm):
    """The second factor, at sign-in."""


class ReauthenticateByCodeForm(UsesCode, mfa.ReauthenticateForm):
    """Confirm the second factor again."""


class ActivateTOTPForm(Bounded, totp.ActivateTOTPForm):
    """Sets the app up, with its first code."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        if not second_factor.use_app_code(self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        return code
