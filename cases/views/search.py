"""The search over cases and people."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.forms.search import SearchForm
from cases.selectors import global_search
from cases.selectors.global_search import Found
from cases.views.requests import PortalRequest


@require_safe
def search(request: PortalRequest) -> HttpResponse:
    """Show what the person may see of what they search, the best first.

    What cannot be read finds nothing and says so.
    """
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    form.fields["q"].widget.attrs["autofocus"] = not text
    found = global_search.find(request.user, text) if text else Found()
    context = {"form": form, "text": text, "found": found, "query": urlencode({"q": text})}
    return render(request, "cases/search.html", context | {"meant_query": urlencode({"q": found.meant})})
