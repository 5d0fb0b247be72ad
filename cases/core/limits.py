"""Limits of what people and programs send and store (DESIGN rule 16). Each number is only here."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.core.errors import TooLong

# A key with more digits may not fit into the eight bytes that both databases use.
KEY_DIGITS = 18
# One value in a URL, and one header. gunicorn refuses longer headers by default.
PARAMETER = 2_000
HEADER = 8_190

# A search. Each of its words is searched in several columns.
SEARCH = 200
SEARCH_WORDS = 10

# A case has so many conditions at most, and a type asks for so many days at most.
CONDITIONS = 20
DAYS = 366
# The portal keeps so many case types at most, retired ones included, at so many places in their order.
CASE_TYPES = 100
PLACES = 999


# A bulk operation changes so many cases at most.
BULK_CASES = 10_000
