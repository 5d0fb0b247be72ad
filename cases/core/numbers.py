"""Numbers for people."""

from django.utils.formats import number_format


def grouped(number: int) -> str:
    """Return a whole number with the thousands separator of the reader's language: 1,234 or 1.234."""
    return number_format(number, force_grouping=True)


def capped(number: int, most: int) -> str:
    """Return the grouped number, or "1,000+" beyond `most`, where counting stopped."""
    return grouped(number) if number <= most else f"{grouped(most)}+"
