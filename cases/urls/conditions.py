"""The URLs of conditions: those of a case, for staff, and the link that confirms one."""

from django.urls import path

import cases.core.url_converters  # noqa: F401  (for <key:…>)
from cases import views

OF_A_CASE = "cases/<key:pk>/conditions/"
OF_A_CONDITION = OF_A_CASE + "<key:condition_pk>/"

condition_urls = [
    path(OF_A_CASE, views.add_condition, name="add_condition"),
    path(OF_A_CONDITION + "meet/", views.meet_condition, name="meet_condition"),
    path(OF_A_CONDITION + "approve/", views.approve_release, name="approve_release"),
    path(OF_A_CONDITION + "waive/", views.waive_condition, name="waive_condition"),
    path(OF_A_CONDITION + "link/", views.link_condition, name="link_condition"),
    path(OF_A_CONDITION + "remove/", views.remove_condition, name="remove_condition"),
    path("conditions/<str:token>/", views.condition_by_link, name="condition_by_link"),
]
