"""The portal's URLs, for the base template, and the plain pages."""

from django.urls import path

from portal.urls import urlpatterns as portal_urls
from tests.bench.plain.views import PlainDashboard, PlainDetail, PlainList

urlpatterns = [
    path("plain/", PlainList.as_view()),
    path("plain/work/", PlainDashboard.as_view()),
    path("plain/cases/<int:pk>/", PlainDetail.as_view()),
    *portal_urls,
]
