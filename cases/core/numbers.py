"""Numbers for people."""

from django.utils.formats import number_format


def grouped(number: int) -> str:
    """A whole number with its thousands told apart as the reader's language does: 1,234 or 1.234."""
    return number_format(number, force_grouping=True)


def capped(number: int, most: int) -> str:
    """Likewise, and "1,000+" beyond `most`: nobody has counted on from there."""
    return grouped(number) if number <= most else f"{grouped(most)}+"
