"""The Django project: settings, URLs, Celery application."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
