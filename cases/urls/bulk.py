"""The URLs of actions on many cases."""

from django.urls import path

from cases.views import bulk_file, bulk_new, bulk_runs

bulk_urls = [
    path("bulk/", bulk_runs.bulk_runs, name="bulk_runs"),
    path("bulk/new/", bulk_new.new_bulk_run, name="new_bulk_run"),
    path("bulk/file/", bulk_file.bulk_file, name="bulk_file"),
    path("bulk/file/template.csv", bulk_file.bulk_file_template, name="bulk_file_template"),
    path("bulk/<key:pk>/", bulk_runs.bulk_run, name="bulk_run"),
    path("bulk/<key:pk>/start/", bulk_runs.start_bulk_run, name="start_bulk_run"),
    path("bulk/<key:pk>/undo/", bulk_runs.undo_bulk_run, name="undo_bulk_run"),
    path("bulk/<key:pk>/rows.csv", bulk_runs.bulk_run_file, name="bulk_run_file"),
]
