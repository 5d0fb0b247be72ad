"""Make var/screenshots/index.html, which shows all screenshots next to each other, page by page."""

from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "var" / "screenshots"
HEAD = """<!doctype html><meta charset="utf-8"><title>Screenshots</title>
<style>
body { font-family: sans-serif; margin: 1rem; background: #888; }
section { display: flex; gap: 1rem; align-items: start; margin-bottom: 2rem; }
img { max-height: 28rem; max-width: 40rem; object-fit: contain; object-position: top; }
</style>
"""


def main() -> None:
    pages = defaultdict(list)
    for file in sorted(FOLDER.glob("*.png")):
        pages[file.stem.rpartition("--")[0]].append(file.name)
    FOLDER.joinpath("index.html").write_text(HEAD + "\n".join(section(*page) for page in pages.items()))
    print(f"{sum(map(len, pages.values()))} pictures of {len(pages)} pages: {FOLDER / 'index.html'}")  # noqa: T201


def section(name: str, files: list[str]) -> str:
    pictures = "".join(f'<a href="{file}"><img loading="lazy" src="{file}" alt="{file}"></a>' for file in files)
    return f"<h2>{name}</h2><section>{pictures}</section>"


if __name__ == "__main__":
    main()
