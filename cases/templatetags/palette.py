"""How the palette shows what it has found."""

import re

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from cases.core.folding import fold

register = template.Library()


@register.filter
def marked(words: object, typed: str) -> SafeString:
    """Return `words` as HTML, with the beginnings of words that were typed in `<mark>`. They may be a person's own."""
    beginnings = sorted(fold(typed).split(), key=len, reverse=True)
    parts = re.split(r"(\W+)", str(words))
    return format_html("<bdi>{}</bdi>", format_html_join("", "{}", ((_marked(part, beginnings),) for part in parts)))


def _marked(word: str, beginnings: list[str]) -> SafeString:
    folded = fold(word)
    length = next((len(each) for each in beginnings if folded.startswith(each)), 0)
    return format_html("<mark>{}</mark>{}", word[:length], word[length:]) if length else escape(word)
