"""How programs say who they are."""

from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from cases.accounts import api_tokens
from cases.middleware import mfa
from cases.models import ApiToken, User


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token advp_…`. knox reads the header. The portal decides which tokens are valid."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Return the person and the token. 401 for an invalid token, 403 if the person lacks a second factor."""
        found = api_tokens.find(token.decode(errors="replace"))
        if found is None:
            raise AuthenticationFailed(_("This token is invalid or has expired."))
        if mfa.is_missing(found.user):
            raise PermissionDenied(mfa.SET_IT_UP_FIRST)
        return found.user, found


class ApiTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """How the schema describes token authentication."""

    target_class = "cases.api.authentication.ApiTokenAuthentication"
    name = "apiToken"
