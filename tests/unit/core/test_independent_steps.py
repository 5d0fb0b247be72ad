"""Steps that all run, even if others fail."""

import pytest

from cases.core.independent_steps import run_all


class Told:
    """Records which steps ran."""

    def __init__(self):
        self.names: list[str] = []

    def step(self, name, error=None):
        def run():
            self.names.append(name)
            if error:
                raise error

        return run


def test_all_run_in_order():
    told = Told()
    run_all(told.step(name) for name in "abc")
    assert told.names == ["a", "b", "c"]


@pytest.mark.parametrize("error", [ValueError, SystemExit], ids=["error", "end"])
def test_an_error_does_not_keep_the_following_from_running(error):
    told = Told()
    with pytest.raises(error, match="b failed"):
        run_all([told.step("a"), told.step("b", error("b failed")), told.step("c")])
    assert told.names == ["a", "b", "c"]


def test_of_several_errors_the_last_is_raised_and_names_the_others():
    told = Told()
    with pytest.raises(KeyError) as raised:
        run_all([told.step("a", ValueError("first")), told.step("b", KeyError("last")), told.step("c")])
    assert told.names == ["a", "b", "c"]
    assert str(raised.value.__context__) == "first"
