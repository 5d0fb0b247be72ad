"""The answer to an address of the API without its last slash."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

API = "/api/"


class TrailingSlashMiddleware(CommonMiddleware):
    """Django's, but calls of the API are redirected with 308 and JSON.

    After a 301 a program would send a GET in place of its POST, and lose the body.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        """Redirect where the address only lacks its last slash."""
        is_call = request.path.startswith(API)
        if is_call and response.status_code == 404 and self.should_redirect_with_slash(request):
            response = _moved(request)
        return super().process_response(request, response)


def _moved(request: HttpRequest) -> HttpResponsePermanentRedirect:
    address = escape_leading_slashes(request.get_full_path(force_append_slash=True))
    path = address.partition("?")[0]
    said = _("Addresses of the API end with a slash. Use %(address)s.") % {"address": path}
    content, kind = json.dumps({"detail": said}), "application/json"
    return HttpResponsePermanentRedirect(address, preserve_request=True, content=content, content_type=kind)
