"""Celery tasks. Each is a few lines that call a domain verb."""
