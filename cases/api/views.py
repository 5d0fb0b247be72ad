"""The API: cases as the caller may see them, and their release by the same verbs as the pages."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cases import releases
from cases.api.serializers import CaseInListSerializer, CaseSerializer, ReleaseSerializer
from cases.core.url_converters import KeyConverter
from cases.lifecycle import first_views
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, CaseEvent, CaseQuerySet, FirstView, User
from cases.releases.on_read import release_on_read

API = CaseEvent.Source.API


class SchemaView(SpectacularAPIView):
    """The schema, in the language of the request. drf-spectacular's own view accepts any `lang`, which Django then
    keeps in memory, and writes any `version` into a header.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Get the schema. Nothing in the query counts."""
        return cast(Response, self._get_schema_response(request))  # type: ignore[no-untyped-call]

    def _get_version_parameter(self, request: Request) -> None:
        return None


class CaseViewSet(GenericViewSet[Any]):
    """Cases."""

    queryset = Case.objects.none()
    serializer_class = CaseSerializer
    lookup_value_regex = KeyConverter.regex

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Also release on read for callers with a token, whom the middleware does not know yet."""
        super().initial(request, *args, **kwargs)
        if request.auth is not None:
            release_on_read(request.user)

    def get_queryset(self) -> CaseQuerySet:
        """Return the cases that the caller may know about."""
        cases = Case.objects.visible_to(self.request.user)
        return cases.select_related("member", "assigned_to").prefetch_related("case_type")

    @extend_schema(operation_id="cases_list", responses=CaseInListSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List your cases, newest first, without descriptions."""
        page = self.paginate_queryset(self.get_queryset()) or []
        seen = [VisibleCase.of(case, to=cast(User, request.user)) for case in page]
        return self.get_paginated_response(CaseInListSerializer(cast(Any, seen), many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one case."""
        case, user = self._case(pk), cast(User, request.user)
        answer = Response(self._seen(case))
        answer.add_post_render_callback(
            lambda _answer: first_views.record(case, kind=FirstView.Kind.API, by=user, request=request)
        )
        return answer

    @extend_schema(request=ReleaseSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReleaseSerializer)  # OPTIONS names its fields
    def release(self, request: Request, pk: str) -> Response:
        """Complete a case in progress and release it now or on a date. Reschedule a completed case or release it
        early."""
        case = self._case(pk)
        wanted = ReleaseSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(self._seen(self._release(case, wanted)))

    def _release(self, case: Case, wanted: ReleaseSerializer) -> Case:
        options = {
            "case": case,
            "by": cast(User, self.request.user),
            "source": API,
            "reason": wanted.validated_data.get("reason", ""),
            "version": wanted.validated_data.get("version"),
        }
        release_on = wanted.release_on(case)
        if not case.is_pending:
            return releases.complete(**options, release_on=release_on)
        if release_on is None:
            return releases.release_now(**options)
        return releases.schedule(**options, release_on=release_on)

    def _case(self, pk: str) -> Case:
        cases = self.get_queryset().in_full()
        user = cast(User, self.request.user)
        return get_object_or_404(first_views.with_recorded(cases, kind=FirstView.Kind.API, by=user), pk=pk)

    def _seen(self, case: Case) -> dict[str, Any]:
        return CaseSerializer(VisibleCase.of(case, to=cast(User, self.request.user), in_full=True)).data
