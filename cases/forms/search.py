"""The search over everything."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits


class SearchForm(forms.Form):
    """`q`. Too many words, or too long a text, is an error."""

    q = forms.CharField(
        required=False,
        label=_("Search"),
        max_length=limits.SEARCH,
        validators=[limits.validate_word_count],
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "aria-keyshortcuts": "/"}),
    )
