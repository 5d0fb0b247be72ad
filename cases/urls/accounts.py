"""Sign-in, sign-out, password reset, second factor, sessions, profile. Only the parts of allauth that this portal
offers."""

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.usersessions.views import list_usersessions
from django.urls import path, re_path

import cases.core.url_converters  # noqa: F401  (for <key:…>)
from cases.views import (
    absences,
    activate_app,
    api_tokens,
    deactivate_app,
    end_absence,
    end_api_token,
    generate_recovery_codes,
    new_api_token,
    password_change,
    password_reset_from_key,
    profile,
)

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("profile/", profile, name="profile"),
    path("sessions/", list_usersessions, name="usersessions_list"),
    path("api-tokens/", api_tokens, name="api_tokens"),
    path("api-tokens/new/", new_api_token, name="new_api_token"),
    path("api-tokens/<key:pk>/end/", end_api_token, name="end_api_token"),
    path("absences/", absences, name="absences"),
    path("absences/<key:pk>/end/", end_absence, name="end_absence"),
    path("security/", mfa.index, name="mfa_index"),
    path("security/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("security/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("security/app/activate/", activate_app, name="mfa_activate_totp"),
    path("security/app/deactivate/", deactivate_app, name="mfa_deactivate_totp"),
    path("security/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/generate/", generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("security/codes/download/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]
