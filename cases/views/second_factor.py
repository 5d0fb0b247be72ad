"""allauth's page that removes the second factor."""

from typing import cast

from allauth.mfa.totp import views as totp
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from cases.lifecycle.locking import lock_people
from cases.models import User


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
