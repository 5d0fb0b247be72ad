"""Limits of what people and programs send and store (docs/rules.md, 16). Each number is only here."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.core.errors import TooLong
from cases.core.search_words import words_of

# A key with more digits may not fit into the eight bytes that both databases use.
KEY_DIGITS = 18
# One value in a URL, and one header. gunicorn refuses longer headers by default.
PARAMETER = 2_000
HEADER = 8_190

# A search. Each of its words is searched in several columns.
SEARCH = 200
SEARCH_WORDS = 10
# The folded words of one kind of text of a case: all words of an answer, but only the latest of many notes.
SEARCHABLE = 60_000
# And those of a person: the folded names and the address.
SEARCHABLE_NAMES = 2_000

# The most conditions a case can have, and the most days a type can ask for.
CONDITIONS = 20
DAYS = 366
# The most case types the portal can have, retired ones included, and the highest position in their order.
CASE_TYPES = 100
PLACES = 999

# The most absences a technician can plan.
ABSENCES = 20

# Texts that administrators keep for messages, files that come with one message, and colleagues whom one note mentions.
CANNED_TEXTS = 100
MESSAGE_FILES = 5
MENTIONS = 10

# Views that one person saves, and that administrators share, at most; the query that a view keeps.
VIEWS = 30
VIEW_QUERY = 1_000

# The most cases a bulk operation can change.
BULK_CASES = 10_000

# The number of a case, which may come from another system.
CASE_NUMBER = 64

# What people write.
TITLE = 200
DESCRIPTION = 10_000
NOTE = 4_000
MESSAGE = 4_000  # in the conversation of a case
ANSWER = 20_000
GUIDANCE = 2_000  # of a case type
CONDITION = 100
REASON = 1_000
NAME = 60  # a page shows it in one line or two
FILE_NAME = 150

# A file with schedules for many cases: its bytes, and its lines below the first.
SCHEDULE_FILE_BYTES = 2_000_000
SCHEDULE_FILE_ROWS = 10_000

# What the program stores: why something failed, with the words of a server in it; the facts of an event (JSON).
ERROR = 1_000
SERVER_WORDS = 500
FACTS = 10_000
# A form that is kept because its session has ended: its characters, and the most that they take as JSON.
UNSENT_FORM = 32_768
UNSENT_FORM_JSON = 12 * UNSENT_FORM + 1_000
# One value of the cache of security state (JSON).
SECURITY_STATE = 10_000

# What people sign in with. Hashing a password takes time for each of its characters.
EMAIL = 254
USERNAME = 150  # as Django has it
PASSWORD = 256
CODE = 64


def is_key(text: str) -> bool:
    """Tell whether `text` is a whole number that can be the key of a row."""
    return len(text) <= KEY_DIGITS and text.isascii() and text.isdecimal()


def check_length(text: str, longest: int, *, field: str) -> None:
    """Raise TooLong, about the form's `field`, if `text` has more characters than `longest`."""
    if len(text) > longest:
        raise TooLong(longest, field=field)


def validate_word_count(text: str) -> None:
    """Raise ValidationError for a search of more than SEARCH_WORDS words, whether people or the search count them."""
    if max(len(text.split()), len(words_of(text))) > SEARCH_WORDS:
        raise ValidationError(
            _("Search for up to %(most)s words."), code="too_many_words", params={"most": SEARCH_WORDS}
        )
