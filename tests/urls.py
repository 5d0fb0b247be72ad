"""The URLs of the portal, read from its URL configuration, so that a test that goes through them forgets none."""

import functools

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases.models import Case


def url_patterns() -> dict[str, URLPattern]:
    """Return every named URL of the portal except those of Django's own admin, which tests/web/test_access.py has."""
    return dict(_named(get_resolver()))


@functools.cache
def _named(resolver: URLResolver) -> dict[str, URLPattern]:
    found: dict[str, URLPattern] = {}
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            found[pattern.name or str(pattern.pattern)] = pattern
        elif pattern.namespace != "admin":
            found |= _named(pattern)
    return found


def urls_with_an_id(of: str) -> frozenset[str]:
    """Return the names of the URLs below `of`, such as "people/", that contain an id."""
    return _with_an_id(get_resolver(), of)


@functools.cache
def _with_an_id(resolver: URLResolver, of: str) -> frozenset[str]:
    return frozenset(
        name
        for name, pattern in _named(resolver).items()
        if "pk" in pattern.pattern.regex.groupindex and str(pattern.pattern).startswith(of)
    )


def urls_of_a_case() -> frozenset[str]:
    """Return the names of the URLs that lead to one case: those whose id is not named as something else's."""
    others = (
        "people/",
        "case-types/",
        "operations/emails/",
        "api-tokens/",
        "bulk/",
        "views/",
        "absences/",
        "notifications/",
        "canned-texts/",
    )
    return urls_with_an_id("").difference(*map(urls_with_an_id, others))


def url_of(name: str, case: Case, **others: object) -> str:
    """Return the URL `name` for the case, its member, or its first document. `others` replace or add arguments."""
    wanted = url_patterns()[name].pattern.regex.groupindex
    arguments: dict[str, object] = {
        "pk": case.member_id if name in urls_with_an_id("people/") else case.pk,
        "number": case.release_number or 1,
        "uidb36": "1",
        "key": "no-such-key",
        "token": "no-such-token",
    }
    if "condition_pk" in wanted and "condition_pk" not in others:
        arguments["condition_pk"] = _condition_for(name, case)
    if "document_pk" in wanted and "document_pk" not in others:
        arguments["document_pk"] = case.documents.values_list("pk", flat=True).first()
    return reverse(name, kwargs={key: value for key, value in (arguments | others).items() if key in wanted})


def _condition_for(name: str, case: Case) -> int:
    """Return the key of the condition of the case that the URL is about."""
    kind = {"approve_release": "approval", "link_condition": "external"}.get(name, "manual")
    return case.conditions.filter(kind=kind, state="open").values_list("pk", flat=True).first() or 1
