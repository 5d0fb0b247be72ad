"""The URLs of the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from cases.api.views import CaseViewSet, SchemaView

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api_case")

urlpatterns = [
    path("", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
]
