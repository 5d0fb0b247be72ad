"""Django's admin: to look everything up. What it changes it changes through the verbs, and it deletes no row of the
portal's: no field can be edited past a rule."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin import beat, cases, people, records

__all__ = ["beat", "cases", "people", "records"]

admin.site.site_header = admin.site.site_title = _("Advisor Portal administration")
admin.site.index_title = _("Site data")
