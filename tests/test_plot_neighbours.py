"""The supplementary figure of the neighbours: it shows what `neighbours.csv` says."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from coin.common.conventions import SIGNS
from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.figures import neighbour_profile as neighbours
from coin.figures import style
from plot_neighbours import plot_neighbours

DATA = "made-up masses"
MEASURES = [name for panel in neighbours.PANELS for name in panel.measures]


def _table(folds: int = 3, seeds: int = 2) -> pd.DataFrame:
    """Return rows of which no two values are alike, in an order that is not the figure's."""
    keys = list(product(range(folds), range(seeds), (0, 1), SIGNS[::-1]))
    table = pd.DataFrame(keys[::-1], columns=["fold", "seed", "label", "sign"])
    table["n_reals"] = 10 + 20 * table["label"]
    values = np.random.default_rng(0).uniform(0.4, 0.6, (len(table), len(MEASURES)))
    return table.assign(**dict(zip(MEASURES, values.T, strict=True)))


def _axes_by_sign(figure) -> dict[str, list]:
    """Return the panels of each sign, told by the words beside the first of a row."""
    n = len(neighbours.PANELS)
    rows = [figure.axes[:n], figure.axes[n:]]
    assert [row[0].get_ylabel().partition(",")[0].lower() for row in rows] == list(SIGNS)
    return dict(zip(SIGNS, rows, strict=True))


def _points(axes, label: int) -> np.ndarray:
    """Return the points (folds * seeds * measures, 2) of a class, told by its colour."""
    red_green_blue = tuple(int(style.COLOURS[label][i : i + 2], 16) / 255 for i in (1, 3, 5))
    of_class = [
        part
        for part in axes.collections
        if not isinstance(part, LineCollection)
        and np.allclose(part.get_facecolors()[0, :3], red_green_blue)
    ]
    assert len(of_class) == 1
    return np.ma.filled(of_class[0].get_offsets(), np.nan)


def _bars(axes) -> list[tuple[float, float]]:
    """Return the middle and height of every short horizontal bar."""
    segments = [
        s for c in axes.collections if isinstance(c, LineCollection) for s in c.get_segments()
    ]
    return [(segment[:, 0].mean(), segment[0, 1]) for segment in segments if segment.size]


def test_the_figure_is_the_same_bytes_again(tmp_path):
    write_table(tmp_path / "neighbours.csv", _table())
    for n in (1, 2):
        files = {"figure": [tmp_path / f"{n}.pdf", tmp_path / f"{n}.png"]}
        plot_neighbours(table=tmp_path / "neighbours.csv", data=DATA, **files)
    for kind in ("pdf", "png"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
    assert b"CreationDate" not in (tmp_path / "1.pdf").read_bytes()
    with Image.open(tmp_path / "1.png") as image:
        assert image.width == round(300 * style.TWO_COLUMNS)
        assert set(image.info) == {"dpi"}


@pytest.mark.parametrize(("folds", "seeds"), [(1, 1), (2, 1), (5, 3)])
def test_every_row_and_mean_stands_at_its_measure_class_and_sign(folds, seeds):
    table = _table(folds, seeds)
    figure = neighbours.draw(table, DATA)
    for sign, row in _axes_by_sign(figure).items():
        for panel, axes in zip(neighbours.PANELS, row, strict=True):
            if sign == SIGNS[-1]:  # the lower row, whose words are the upper one's too
                words = [tick.get_text() for tick in axes.get_xticklabels()]
                assert words == list(panel.measures.values())
            for label in (0, 1):
                rows = table[(table["sign"] == sign) & (table["label"] == label)]
                points = _points(axes, label)
                for place, name in enumerate(panel.measures):
                    # Benign stands left of a measure's middle, malignant right of it.
                    side = (place - 0.5, place) if label == 0 else (place, place + 0.5)
                    here = points[(points[:, 0] > side[0]) & (points[:, 0] < side[1])]
                    in_order = here[here[:, 0].argsort(), 1]
                    np.testing.assert_allclose(in_order, rows.sort_values(["fold", "seed"])[name])
                    bars = [y for x, y in _bars(axes) if side[0] < x < side[1]]
                    assert rows[name].mean() == pytest.approx(bars[0])


def test_the_chance_of_a_class_is_its_share_of_the_reals_without_the_seed():
    figure = neighbours.draw(_table(), DATA)
    shares = list(neighbours.PANELS[1].measures)
    for row in _axes_by_sign(figure).values():
        at_purity = [y for x, y in _bars(row[1]) if round(x) == shares.index("purity_without_seed")]
        assert at_purity[1::2] == pytest.approx([9 / 39, 29 / 39])
        for place, name in enumerate(shares):
            n_bars = sum(round(x) == place for x, _ in _bars(row[1]))
            assert n_bars == (4 if name == "purity_without_seed" else 2)


def test_all_values_lie_within_their_axes_which_are_alike_for_both_signs():
    table = _table()
    table.loc[0, ["realness", "share_copies", "share_near", "accuracy_after"]] = 0.99, 0, 1, 0
    positive, negative = _axes_by_sign(neighbours.draw(table, DATA)).values()
    for panel, upper, lower in zip(neighbours.PANELS, positive, negative, strict=True):
        assert upper.get_ylim() == lower.get_ylim()
        low, high = upper.get_ylim()
        values = table[list(panel.measures)].to_numpy()
        assert low < values.min() and values.max() < high


def test_no_words_leave_the_figure_or_meet():
    figure = neighbours.draw(_table(), DATA)
    figure.draw_without_rendering()
    drawn = [text for axes in figure.axes for text in (axes.title, axes.yaxis.label)]
    for axes in figure.axes[len(neighbours.PANELS) :]:
        drawn += axes.get_xticklabels()
    drawn = [text for text in drawn + figure.texts if text.get_text()]
    assert any(text.get_text().endswith(f"Data: {DATA}") for text in drawn)
    boxes = [text.get_window_extent() for text in drawn]
    for number, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_what_was_not_measured_stays_empty(tmp_path):
    table = _table()
    positive = table["sign"] == "positive"
    one_fold = positive & (table["label"] == 0) & (table["fold"] == 0)
    one_fold &= table["seed"] == 0
    table.loc[one_fold, "accuracy_after"] = np.nan
    table.loc[positive & (table["label"] == 1), "accuracy_after"] = np.nan
    write_table(tmp_path / "neighbours.csv", table)
    files = {"figure": [tmp_path / "n.pdf", tmp_path / "n.png"]}
    plot_neighbours(table=tmp_path / "neighbours.csv", data=DATA, **files)
    axes = _axes_by_sign(neighbours.draw(table, DATA))["positive"][2]
    assert np.isfinite(_points(axes, 0)).all(axis=1).sum() == 6 + 5
    assert np.isfinite(_points(axes, 1)).all(axis=1).sum() == 6
    rest = table[positive & (table["label"] == 0)]["accuracy_after"]
    assert any(y == pytest.approx(rest.mean()) for _, y in _bars(axes))


def test_tables_without_rows_or_columns_are_refused(tmp_path):
    files = {"figure": [tmp_path / "n.pdf", tmp_path / "n.png"]}
    write_table(tmp_path / "empty.csv", _table()[:0])
    with pytest.raises(BadInput, match="no neighbours in it"):
        plot_neighbours(table=tmp_path / "empty.csv", data=DATA, **files)
    write_table(tmp_path / "old.csv", _table().drop(columns="share_copies"))
    with pytest.raises(BadInput, match="no column share_copies"):
        plot_neighbours(table=tmp_path / "old.csv", data=DATA, **files)
    assert not files["figure"][0].exists()
