"""The scripts of the pages share one scope: a name that two of them declare is the later one's in both."""

import re
from collections import defaultdict
from pathlib import Path

SCRIPTS = Path("cases/static/cases")
DECLARED = re.compile(r"^(?:async function|function|const|let|class) (\w+)", re.M)


def test_no_two_scripts_declare_the_same_name():
    declared = defaultdict(list)
    for script in sorted(SCRIPTS.glob("*.js")):
        for name in DECLARED.findall(script.read_text()):
            declared[name].append(script.name)
    assert "announce" in declared
    assert {name: scripts for name, scripts in declared.items() if len(scripts) > 1} == {}
