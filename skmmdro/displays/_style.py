"""Colours, markers and dashes that can be told apart in grey and by everybody."""

from itertools import cycle, islice

# Okabe and Ito's colours, in an order of falling contrast in grey
COLORS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
HATCHES = ("", "//", "..", "xx", "\\\\", "oo", "++")


def line_styles(n_lines):
    """Return keyword arguments of `Axes.plot` for each of some lines."""
    styles = zip(cycle(COLORS), cycle(MARKERS), cycle(DASHES), strict=False)
    return [
        {"color": color, "marker": marker, "linestyle": dash, "markersize": 4.5}
        for color, marker, dash in islice(styles, n_lines)
    ]


def new_axes(ax, **size):
    """Return (figure, axes); new ones unless axes are given."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "a display needs matplotlib, which is not installed: run "
            '`pip install "skmmdro[plot]"`.'
        ) from error
    if ax is not None:
        return ax.figure, ax
    return plt.subplots(layout="constrained", **size)
