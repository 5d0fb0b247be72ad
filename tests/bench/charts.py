"""Draw bar charts as SVG for the reports in docs/."""

from pathlib import Path

from tests.bench.figures import Chart

GOOD, INK = "#2f6db5", "#24292f"


def draw(chart: Chart, path: Path) -> None:
    """Write `chart` to `path`. The same figures give the same file."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "portal", "svg.fonttype": "none", "font.size": 10, "text.color": INK})
    from matplotlib import pyplot

    labels, values = list(chart.bars), list(chart.bars.values())
    figure, axes = pyplot.subplots(figsize=(8, 0.6 + 0.42 * len(labels)), layout="constrained")
    bars = axes.barh(labels, values, color=GOOD, log=chart.logarithmic)
    axes.bar_label(bars, [f" {value:,.3g}" for value in values])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel(chart.unit)
    figure.suptitle(chart.title, x=0.01, horizontalalignment="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
