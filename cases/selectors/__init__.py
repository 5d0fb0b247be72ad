"""Reads for pages and the API: lists, search, dashboards, calendar, timelines. Nothing here changes a case."""
