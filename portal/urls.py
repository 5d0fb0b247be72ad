"""Every URL of the portal."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from cases.views.metrics import metrics
from portal import health
from portal.email_url import tracking_urls

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Django's own form allows unlimited guesses of the current password.
admin.site.password_change = RedirectView.as_view(pattern_name="account_change_password")  # type: ignore[assignment, method-assign]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.page_not_found"
handler500 = "portal.errors.server_error"

urlpatterns = [
    path("", include("cases.urls")),
    path("accounts/", include("cases.urls.accounts")),
    path("api/", include("cases.api.urls")),
    path("admin/", admin.site.urls),
    path("health/live/", health.live, name="health_live"),
    path("health/ready/", health.ready, name="health_ready"),
    path("metrics", metrics, name="metrics"),
]
if settings.EMAIL_HAS_WEBHOOK:
    urlpatterns.append(path("email-events/", include((tracking_urls(settings.EMAIL_PROVIDER), "anymail"))))
