"""The portal's texts and their translations: `make messages` collects the texts and updates the translations.

Babel replaces GNU gettext, so that nothing has to be installed. Django turns templates into what Babel reads.
"""

import io
import re
from pathlib import Path
from typing import Any

import django
from babel.messages import Catalog, Message, pofile
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "portal" / "locale"
SOURCES = ["cases", "portal", "tasks"]
# The names by which our code calls gettext, and which of its arguments are the text.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(["_", "_noop", "gettext", "gettext_lazy", "gettext_noop"], None),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], ((1, "c"), 2)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)")


def templates() -> list[Path]:
    """Every template of ours."""
    return sorted((ROOT / "cases" / "templates").rglob("*.*"))


def code() -> list[Path]:
    """Every module of ours."""
    return sorted(path for source in SOURCES for path in (ROOT / source).rglob("*.py"))


def languages() -> list[str]:
    """Languages that need a catalog: all except the one in which the texts are written."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def extracted() -> Catalog:
    """Every text that code and templates pass to gettext, and the files it is in."""
    catalogue = Catalog(project="Advisor Portal", charset="utf-8")
    for path in code():
        _add(catalogue, path, path.read_bytes())
    for path in templates():
        # In brackets, because to Python the layout of a template is bad indentation.
        python = templatize(path.read_text(), origin=str(path.relative_to(ROOT)))
        _add(catalogue, path, f"({python}\n)".encode())
    return catalogue


def path_of(language: str) -> Path:
    """The file with the translations to `language`. The compiled .mo file is next to it."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The translations to `language`. Empty if there is no file yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Advisor Portal", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """What Django reads."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def refresh(language: str) -> list[str]:
    """Update the file of `language` to contain exactly the portal's texts, with their existing translations, and
    compile it. Return the texts that still lack one."""
    catalogue, template = read(language), extracted()
    # The file changes only if the texts do.
    template.creation_date = catalogue.creation_date
    # A translation of a different text does not count, however similar.
    catalogue.update(template, no_fuzzy_matching=True)
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pofile.write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return untranslated(catalogue)


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts that lack a translation, or one of its plural forms."""
    return [_text(message) for message in catalogue if message.id and not _is_translated(message)]


def faulty(catalogue: Catalog) -> list[str]:
    """The texts whose translation has different placeholders."""
    return [_text(message) for message in catalogue if message.id and not _has_its_placeholders(message)]


def _add(catalogue: Catalog, path: Path, python: bytes) -> None:
    for _line, message, comments, context in extract("python", io.BytesIO(python), KEYWORDS):
        catalogue.add(message, locations=[(str(path.relative_to(ROOT)), 0)], auto_comments=comments, context=context)


def _forms(texts: Any) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _text(message: Message) -> str:
    return _forms(message.id)[0]


def _is_translated(message: Message) -> bool:
    return not message.fuzzy and bool(message.string) and all(_forms(message.string))


def _has_its_placeholders(message: Message) -> bool:
    """The placeholders of the text. A singular form may say "one" instead of the number."""
    wanted = [sorted(PLACEHOLDER.findall(text)) for text in _forms(message.id)]
    return all(sorted(PLACEHOLDER.findall(text)) in wanted for text in _forms(message.string) if text)


def main() -> None:
    """Update every language, and say what is missing."""
    django.setup()
    for language in languages():
        missing = refresh(language)
        head = f"{path_of(language).relative_to(ROOT)}: {len(missing)} texts without a translation"
        print(head, *missing, sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    main()
