"""The scripts of the pages share one scope: if two of them declare a name, both use the later declaration.

A script loaded as a module has its own scope.
"""

import re
from collections import defaultdict
from pathlib import Path

SCRIPTS = Path("cases/static/cases")
TEMPLATES = Path("cases/templates")
DECLARED = re.compile(r"^(?:async function|function|const|let|class) (\w+)", re.M)
LOADED_AS_MODULE = re.compile(r"<script src=\"{% static 'cases/(\w+\.js)' %}\" type=\"module\">")


def test_no_two_scripts_declare_the_same_name():
    modules = {name for page in TEMPLATES.rglob("*.html") for name in LOADED_AS_MODULE.findall(page.read_text())}
    declared = defaultdict(list)
    for script in sorted(SCRIPTS.glob("*.js")):
        for name in DECLARED.findall(script.read_text()) if script.name not in modules else ():
            declared[name].append(script.name)
    assert "announce" in declared
    assert "palette.js" in modules
    assert {name: scripts for name, scripts in declared.items() if len(scripts) > 1} == {}
