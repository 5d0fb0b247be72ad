"""Write what docs/settings.md and .env.example say about the settings: `make settings`."""

from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings

from portal.setting_registry import GROUPS
from portal.setting_types import Setting, SettingGroup

DOCS = settings.BASE_DIR / "docs" / "settings.md"
EXAMPLE = settings.BASE_DIR / ".env.example"


def docs() -> str:
    """Return docs/settings.md with the tables of the registry."""
    text = DOCS.read_text()
    for group in GROUPS:
        text = _between(f"<!-- settings: {group.key} -->\n", "<!-- end -->", text, "\n".join(_table(group)))
    return text


def example() -> str:
    """Return .env.example with the lines of the registry."""
    lines = "\n".join(line for group in GROUPS for line in _example_lines(group)).strip("\n")
    return _between("# settings: written by `make settings`\n", "# end", EXAMPLE.read_text(), lines)


def written() -> dict[Path, str]:
    """Return the files as they should be."""
    return {DOCS: docs(), EXAMPLE: example()}


def _between(start: str, end: str, text: str, content: str) -> str:
    """Replace what is between two lines. ValueError if they are missing."""
    head, rest = text.split(start)
    _old, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"There is no {end} after {start}")
    return f"{head}{start}{content}\n{end}{tail}"


def _table(group: SettingGroup) -> Iterator[str]:
    yield "| variable | default | values | meaning |"
    yield "|---|---|---|---|"
    for setting in group.settings:
        kind = "secret" if setting.is_secret else setting.kind.values
        choices = [f" `{value}`: {words}" for value, words in (setting.choices or {}).items()]
        yield f"| `{setting.name}` | {_default(setting)} | {kind} | {setting.meaning}{''.join(choices)} |"


def _default(setting: Setting) -> str:
    if setting.is_required:
        return "none, required"
    told = setting.default_told
    return told if setting.unit else f"`{told}`" if told else "none"


def _example_lines(group: SettingGroup) -> Iterator[str]:
    chosen = [setting for setting in group.settings if setting.in_example]
    if not chosen:
        return
    yield f"\n# --- {group.label} ---"
    for setting in chosen:
        mark = "" if setting.is_required else "#"
        hint = f" Default: {setting.default_told}." if setting.unit else ""
        hint += f" One of: {', '.join(setting.choices)}." if setting.choices else ""
        yield f"# {setting.meaning}{hint}".replace("`", "")
        yield f"{mark}{setting.name}={setting.example or setting.default or setting.told_default}"


def main() -> None:
    """Write both files."""
    django.setup()
    for path, text in written().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
