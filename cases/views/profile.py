"""What people change about themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.accounts.own_account import change_profile
from cases.core import languages
from cases.forms.profile import ProfileForm
from cases.models import User
from cases.views.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: PortalRequest) -> HttpResponse:
    """Let people change their own name, language and time zone."""
    # An instance of its own: what was typed must not show in the page's head when it is refused.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=person)
    if form.is_bound and form.is_valid():
        person = change_profile(by=person, changes=form.changes())
        # In the language that was just chosen, as the page that shows it.
        with translation.override(languages.chosen_by(person) or translation.get_language_from_request(request)):
            messages.success(request, _("Profile saved."))
        return redirect("profile")
    return render(request, "cases/profile.html", {"form": form}, status=400 if form.is_bound else 200)
