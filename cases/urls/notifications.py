"""The URLs of notifications."""

from django.urls import path

import cases.core.url_converters  # noqa: F401  (for <key:…>)
from cases import views

notification_urls = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.read_all_notifications, name="read_all_notifications"),
    path("notifications/settings/", views.notification_settings, name="notification_settings"),
    path("notifications/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("notifications/<key:pk>/open/", views.open_notification, name="open_notification"),
    path("notifications/<key:pk>/read/", views.read_notification, name="read_notification"),
    path("live/", views.live, name="live"),
]
