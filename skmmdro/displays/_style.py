"""What displays share: styles told apart in grey and by everybody, names and layout."""

import re
import warnings
from itertools import cycle, islice

import numpy as np

# Okabe and Ito's colours, in an order of falling contrast in grey
COLORS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# 7 colours, 12 markers and 5 dashes: a combination comes back after 420 lines only
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", "p", ">", "h")
DASHES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1, 1, 1)))
HATCHES = ("", "//", "..", "xx", "\\\\", "oo", "++")
FONT = 9
_LINE_HEIGHT = 1.25  # of the font size, with the space to the next text
LETTER_INCHES = 0.075  # of that font
_SMALLEST_FONT, _LONG_FONT = 5, 7
_LINE, _LONGEST = 20, 40  # letters in a line of a name that is broken, or hardly


def line_styles(n_lines):
    """Return keyword arguments of `Axes.plot` for each of some lines."""
    styles = zip(cycle(COLORS), cycle(MARKERS), cycle(DASHES), strict=False)
    return [
        {"color": color, "marker": marker, "linestyle": dash, "markersize": 4.5}
        for color, marker, dash in islice(styles, n_lines)
    ]


def wrapped(name, width=_LINE):
    """Return a name in lines of some width, broken at spaces and underscores."""
    lines = [""]
    for word in re.findall(rf"[^\s_]{{1,{width}}}[\s_]*|[\s_]+", str(name)):
        if lines[-1] and len(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    text = "\n".join(line.rstrip() for line in lines)
    return text.replace("$", r"\$")  # a dollar sign would start a formula


def widest(names):
    """Return how many letters the longest line of some wrapped names has."""
    return max(len(line) for name in names for line in wrapped(name).split("\n"))


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


def lay_out(ax):
    """Make room for names and legends in a figure without a layout engine.

    It keeps none, so that its owner may lay it out otherwise afterwards. A figure with
    an engine is laid out whenever it is drawn.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = ax.figure.canvas.figure  # not a part of the figure
    if figure.get_layout_engine() is None and ax.get_subplotspec() is not None:
        with warnings.catch_warnings():
            # the owner of a figure that is too small did not ask for this layout
            warnings.filterwarnings("ignore", "constrained_layout not applied")
            ConstrainedLayoutEngine().execute(figure)


def inches(ax):
    """Return width and height of axes as they will be drawn."""
    figure = ax.figure.canvas.figure
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
    lay_out(ax)
    box = ax.get_window_extent()
    return box.width / figure.dpi, box.height / figure.dpi


def legend_beside(ax, handles, names):
    """Draw a legend to the right of axes, where it covers nothing.

    Long names are broken, or in small letters where the axes are not high enough.
    """
    texts, font = [wrapped(name) for name in names], FONT - 1
    room = 72 * inches(ax)[1]
    if font * _legend_ems(texts) > room:
        texts = [wrapped(name, _LONGEST) for name in names]
        font = float(np.clip(room / _legend_ems(texts), _SMALLEST_FONT, font))
    return ax.legend(
        handles,
        texts,
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        borderaxespad=0.0,
        fontsize=font,
    )


def _legend_ems(texts):
    """Return the height of a legend in multiples of its font size."""
    return sum(1.7 + 1.2 * text.count("\n") for text in texts) + 0.8


def fitting_font(length, n_texts, n_lines=1):
    """Return the font size at which texts of some lines fit on a length in inches."""
    points = 72 * length / n_texts / (_LINE_HEIGHT * n_lines)
    return float(np.clip(points, _SMALLEST_FONT, FONT))


def label_ticks(ax, names):
    """Write names at the ticks 0, 1, ... of the vertical axis, as large as they fit.

    Long names are broken into lines if there is room for more than one.
    """
    height = inches(ax)[1]
    for width, largest in ((_LINE, FONT), (_LONGEST, _LONG_FONT)):
        texts = [wrapped(name, width) for name in names]
        n_lines = max(text.count("\n") + 1 for text in texts)
        font = min(fitting_font(height, len(texts), n_lines), largest)
        if font > _LONG_FONT:
            break
    ax.set_yticks(range(len(texts)), texts, fontsize=font)
    lay_out(ax)
