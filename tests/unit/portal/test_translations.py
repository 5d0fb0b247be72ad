"""Every text that people read can be translated, and is."""

import ast
import inspect
import re
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.template.base import Lexer, TokenType
from django.utils import translation
from django.utils.formats import get_format_modules
from django.utils.functional import Promise

from cases.core import errors
from cases.lifecycle import state_labels
from tests import catalogue

TEMPLATES = {str(path.relative_to(catalogue.ROOT / "cases" / "templates")): path for path in catalogue.templates()}
# What is the same in every language: names, and the letter in the logo.
NAMES = {"Authorization", "Token", "Advisor", "Portal", "API", "Flower", "i"}
READ_OUT = {"alt", "aria-description", "aria-label", "label", "placeholder", "title"}
FOR_PROGRAMS = {"|date:", "|time:", "|portal_time:", "|readers_time:", "|with_class:", "class="}
# The formats that browsers need for the values of date and time fields.
MACHINE_FORMATS = {"Y-m-d", "H:i", "c"}
WORD = re.compile(r"[^\W\d_]+[^\W_]*")
# A text passed to a filter or an included template, other than `_("a text")`.
GIVEN = re.compile(r"""(\|\w+:|\b\w+=)(["'])(.*?)\2""")


class Texts(HTMLParser):
    """What a page shows or has read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Shown by a script: sentences. "bar" and "figures" are names that only programs read.
        self.found += [
            value
            for name, value in attrs
            if value and (name in READ_OUT or (name.startswith("data-") and re.search(r"[A-Z].* |^[A-Z]", value)))
        ]


def bare_texts(source: str) -> list[str]:
    """Return the texts for people in the template `source` that are outside any translation tag."""
    markup, found, until = [], [], ""
    for token in Lexer(source).tokenize():
        name = token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK else ""
        if until:
            until = "" if name == until else until
        elif name in ("blocktranslate", "comment"):
            until = f"end{name}"
        elif token.token_type == TokenType.TEXT:
            markup.append(token.contents)
        elif token.token_type in (TokenType.VAR, TokenType.BLOCK):
            is_shown = token.token_type == TokenType.VAR and not is_within_a_tag("".join(markup))
            given = GIVEN.findall(token.contents)
            found += [text for given_to, _quote, text in given if is_for_people(text, given_to, is_shown)]
    parser = Texts()
    parser.feed("".join(markup))
    parser.close()
    return [text for text in [*found, *parser.found] if set(WORD.findall(text)) - NAMES]


def is_within_a_tag(markup: str) -> bool:
    return markup.rfind("<") > markup.rfind(">")


def is_for_people(text: str, given_to: str, is_shown: bool) -> bool:
    """Return whether `text` is a sentence, or a word that a page shows, and not a format, name or style."""
    if given_to in FOR_PROGRAMS:
        return False
    return bool(re.search(r"\w" if given_to.startswith("|default") and is_shown else r"[A-Z]| [a-z]", text))


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>",
        '<a title="Your account" href="/x">{{ name }}</a>',
        '{{ name|default:"nobody" }}',
        '{% include "field.html" with label="Your name" %}',
        '<form data-failed="It failed."></form>',
        "{% if a %}<b>{{ n }} of 5</b>{% endif %}",
    ],
)
def test_a_bare_text_is_found(source):
    assert bare_texts(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p class="a b">{% translate "Hello" %}</p>',
        '{{ name|default:_("nobody") }} · {{ at|date:"DAY_FORMAT" }} 12',
        "{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}",
        '{% include "tile.html" with kind="bar" class="btn btn-primary" %}<canvas data-chart="bar"></canvas>',
        "<title>Advisor Portal</title>",
    ],
)
def test_what_is_no_bare_text_is_not(source):
    assert bare_texts(source) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_has_a_bare_text(name):
    assert bare_texts(TEMPLATES[name].read_text()) == []


CODE = {str(path.relative_to(catalogue.ROOT)): path for path in catalogue.code() if path.parent.name != "migrations"}
# Fields that the portal does not name: the key, and a field of knox that no page shows.
UNNAMED = {"id", "token_key"}
# Functions that are called with texts for people, and which arguments those are. What a BadRequest says is only logged.
SPEAKERS = {"PermissionDenied", "ValidationError", "debug", "error", "info", "success", "warning"}
CASE_ERRORS = {name for name, _class in inspect.getmembers(errors, inspect.isclass)}
SPOKEN = {"description", "empty_label", "help_text", "label", "placeholder", "search_help_text", "verbose_name"}


def bare_sentences(python: str) -> list[str]:
    """Return the texts for people in `python` that bypass gettext: errors, messages, labels, choices."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(python)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in SPEAKERS | CASE_ERRORS:
                found += node.args[:1]
            case ast.Call(func=ast.Attribute(value=ast.Name(id="messages"), attr=name)) if name in SPEAKERS:
                found += node.args[1:2]
            case ast.ClassDef(bases=[ast.Attribute(attr="TextChoices")]):
                found += [line.value.elts[1] for line in node.body if isinstance(line, ast.Assign)]
        if isinstance(node, ast.Call):
            found += [given.value for given in node.keywords if given.arg in SPOKEN]
    return [ast.unparse(text) for text in found if is_bare(text)]


def is_bare(text: ast.expr) -> bool:
    """Return whether it is a literal with words."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return any(isinstance(part, ast.Constant) and WORD.search(str(part.value or "")) for part in parts)


@pytest.mark.parametrize(
    "python",
    [
        'raise WrongState("Too late.")',
        'raise BadSchedule(f"Not before {date}.", field="date")',
        'messages.success(request, "Saved.")',
        'forms.CharField(label="Name")',
        'class Kind(models.TextChoices):\n    ONE = "one", "The first"',
    ],
)
def test_a_bare_sentence_is_found(python):
    assert bare_sentences(python)


@pytest.mark.parametrize("name", CODE)
def test_no_code_says_a_bare_sentence(name):
    assert bare_sentences(CODE[name].read_text()) == []


@pytest.mark.parametrize("model", list(apps.get_app_config("cases").get_models()), ids=lambda model: model.__name__)
def test_the_names_of_models_and_fields_are_translated(model):
    """Without these, Django derives them from the code, in English."""
    names = {"model": model._meta.verbose_name, "models": model._meta.verbose_name_plural}
    names |= {field.name: field.verbose_name for field in model._meta.local_fields if field.name not in UNNAMED}
    assert [name for name, text in names.items() if not isinstance(text, Promise)] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_date_in_a_template_has_a_named_format(name):
    used = set(re.findall(r"\|(?:date|time|portal_time):[\"']([^\"']*)[\"']", TEMPLATES[name].read_text()))
    assert used - MACHINE_FORMATS <= formats_of("en")


def formats_of(language: str) -> set[str]:
    return {name for name in dir(our_formats(language)) if name.endswith("_FORMAT")}


def our_formats(language: str):
    return next(module for module in get_format_modules(language) if module.__name__.startswith("portal."))


@pytest.mark.parametrize("language", catalogue.languages())
def test_every_language_has_every_format(language):
    assert formats_of(language) == formats_of("en")


@pytest.mark.parametrize("language", catalogue.languages())
def test_a_translation_is_filled_in_as_its_text_is(language):
    assert catalogue.faulty(catalogue.read(language)) == []


@pytest.mark.parametrize("language", catalogue.languages())
def test_what_django_reads_is_compiled_from_the_translations(language):
    path = catalogue.path_of(language)
    assert path.with_suffix(".mo").read_bytes() == catalogue.compiled(catalogue.read(language)), "run `make messages`"


def test_a_state_is_named_in_the_language_of_the_moment():
    """Lists of states are created once and kept, so they must not keep a language."""
    with translation.override("es"):
        spanish = [str(state.label) for state in state_labels.for_staff()]
    with translation.override("en"):
        english = [str(state.label) for state in state_labels.for_staff()]
    assert "Programado" in spanish
    assert "Scheduled" in english


@pytest.mark.parametrize("language", catalogue.languages())
def test_every_text_has_a_translation(language):
    translations = catalogue.read(language)
    texts = {(message.context, message.id) for message in catalogue.extracted()}
    assert {(message.context, message.id) for message in translations} == texts, "run `make messages`"
    assert catalogue.untranslated(translations) == [], "translate it in its django.po, and run `make messages`"
