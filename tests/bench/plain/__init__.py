"""Baseline for the pages: Django's generic views with the same models, base template and login."""
