"""From the address of a button to the page that it stands on."""

from django.http import HttpRequest
from django.urls import reverse

# Buttons on pages of their own, by the beginning of their address.
OF_ONE = (("/cases/", "case_detail"), ("/people/", "person"))


def page_of(request: HttpRequest) -> str:
    """The address of the page to which the button at the request's address belongs; that address itself where it is
    one of a page."""
    match = request.resolver_match
    pk = match.kwargs.get("pk") if match else None
    for prefix, page in OF_ONE:
        if pk is not None and request.path.startswith(prefix):
            return reverse(page, args=[pk])
    if request.path.startswith("/calendar/"):
        return reverse("calendar")
    if request.path.startswith("/operations/"):
        return reverse("operations")
    return reverse("dashboard") if match and match.view_name == "account_logout" else request.get_full_path()
