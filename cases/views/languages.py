"""The language of people who are not signed in: a cookie of their browser remembers it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep `language`, and go back to `next` on this portal. The language of a profile still comes first."""
    answer: HttpResponse = set_language(request)
    return answer
