"""allauth's pages that change the second factor, each in one transaction with the history of the account."""

from typing import cast

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp import views as totp
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from cases.accounts.factor_changes import recorded
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, User


class ActivateApp(totp.ActivateTOTPView):
    """Set up an authenticator app, and the recovery codes that come with it."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with recorded(cast(User, self.request.user), AccountEvent.Kind.SECOND_FACTOR_ADDED):
            answer: HttpResponse = super().form_valid(form)
        return answer


class GenerateRecoveryCodes(GenerateRecoveryCodesView):
    """Make new recovery codes in place of the former ones."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with recorded(cast(User, self.request.user), AccountEvent.Kind.RECOVERY_CODES_MADE):
            answer: HttpResponse = super().form_valid(form)
        return answer


def deactivate_app(request: HttpRequest) -> HttpResponse:
    """Ask (GET). Remove the app and the recovery codes (POST), together with what cases.accounts.factor_changes does.

    The person is locked first, as an administrator does who removes them.
    """
    if request.method != "POST":
        return _answer(request)
    with transaction.atomic():
        lock_people(cast(User, request.user))
        return _answer(request)


def _answer(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = totp.deactivate_totp(request)
    return answer


activate_app = ActivateApp.as_view()
generate_recovery_codes = GenerateRecoveryCodes.as_view()
