"""The figures: what they show is what the files say, and they are the same bytes every time."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_study import write_masses, write_neighbours, write_runs
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from coin.common.errors import BadInput
from coin.common.files import read_arrays, write_array, write_table
from coin.evaluation.metrics import accuracy
from coin.figures import contact_sheet, fig1, fig2, fig3, fig5, fig6, style
from coin.figures.tiles import tiles_for
from plot_fig1 import plot_fig1
from plot_fig2 import plot_fig2
from plot_fig3 import plot_fig3
from plot_fig5a import plot_fig5a
from plot_fig5b import plot_fig5b
from plot_fig6 import plot_fig6
from plot_rois import plot_rois

SCRIPTS = Path(__file__).parents[1] / "scripts"
DATA = "made-up masses"
MEASURED = {"accuracy_std": 0.02, "auc_std": 0.03}
INTERVALS = {"accuracy_low": 0.55, "accuracy_high": 0.75, "auc_low": 0.65, "auc_high": 0.95}
NEIGHBOURS = ["positive_benign", "positive_malignant", "negative_benign", "negative_malignant"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a folder with a whole study's made-up files."""
    folder = tmp_path_factory.mktemp("study")
    write_masses(folder)
    for number, kind in enumerate(("cgan", "positive", "negative")):
        write_neighbours(folder, kind, seed=number)
    for run, skill in (("none", 0.3), ("positive", 1.0), ("coin", 1.5)):
        write_runs(folder, run, skill=skill)
    _write_graph(folder)
    points = [(p, n) for p in range(3) for n in range(3)]
    means = {"accuracy_mean": np.linspace(0.6, 0.8, 9), "auc_mean": np.linspace(0.7, 0.9, 9)}
    grid = {"n_positive": [p for p, _ in points], "n_negative": [n for _, n in points]}
    write_table(folder / "fig5a.csv", pd.DataFrame({**grid, **means, **MEASURED}))
    sweep = {"lambda": [0, 0.1, 1], "accuracy_mean": [0.6, 0.7, 0.65], "auc_mean": [0.7, 0.8, 0.9]}
    write_table(folder / "fig5b.csv", pd.DataFrame({**sweep, **MEASURED, **INTERVALS}))
    return folder


def _write_graph(folder: Path) -> None:
    """Write nodes.csv and a graph: each real mass to two nodes of its class, two of the other."""
    from scipy import sparse

    label = pd.read_csv(folder / "masses.csv")["label"].to_numpy()
    parts = [pd.DataFrame({"kind": "real", "label": label, "row": np.arange(len(label))})]
    for name in NEIGHBOURS:
        kind, _, class_name = name.partition("_")
        rows = np.arange(len(read_arrays(folder / f"{name}.npz")["rois"]))
        part = {"kind": kind, "label": int(class_name == "malignant"), "row": rows}
        parts.append(pd.DataFrame(part))
    nodes = pd.concat(parts, ignore_index=True)
    write_table(folder / "nodes.csv", nodes.rename_axis("node").reset_index())
    random = np.random.default_rng(0)
    graph = sparse.lil_array((len(nodes), len(nodes)), dtype=np.int16)
    for node in range(len(label)):
        alike = (nodes["label"] == label[node]) & (nodes["kind"] != "negative")
        for sign, chosen in ((1, alike.drop(node)), (-1, ~alike)):
            others = random.choice(chosen.index[chosen.reindex(chosen.index)], 2, False)
            for rank, other in enumerate(others, start=1):
                graph[node, other] = sign * rank
    sparse.save_npz(folder / "graph.npz", graph.tocsr())


def _options(study: Path, figure: str) -> dict:
    """Return a program's inputs."""
    of_study = {"masses": study / "masses.csv", "rois": study / "rois.npy"}
    made = {
        kind: [study / f"{kind}_benign.npz", study / f"{kind}_malignant.npz"]
        for kind in ("cgan", "positive", "negative")
    }
    runs = [study / "runs" / run for run in ("none", "positive", "coin")]
    first = [run / "fold0_seed0" for run in runs]
    return {
        "fig1": {**of_study, "seed": 0},
        "fig2": {**of_study, **made},
        "fig3": {
            "rois": study / "rois.npy",
            "nodes": study / "nodes.csv",
            "graph": study / "graph.npz",
            "neighbours": [study / f"{name}.npz" for name in NEIGHBOURS],
            "n_positive": 2,
            "n_negative": 2,
        },
        "fig5a": {"table": study / "fig5a.csv"},
        "fig5b": {"table": study / "fig5b.csv"},
        "fig6": {
            **of_study,
            "latents": [run / "latent.npy" for run in first],
            "predictions": [run / "predictions.csv" for run in first],
            "pooled": [run / f"fold{k}_seed0" / "predictions.csv" for run in runs for k in (0, 1)],
            "seed": 0,
        },
        "rois": of_study,
    }[figure]


PROGRAMS = {
    "fig1": (plot_fig1, style.COLUMN),
    "fig2": (plot_fig2, style.TWO_COLUMNS),
    "fig3": (plot_fig3, style.TWO_COLUMNS),
    "fig5a": (plot_fig5a, style.COLUMN),
    "fig5b": (plot_fig5b, style.COLUMN),
    "fig6": (plot_fig6, style.TWO_COLUMNS),
    "rois": (plot_rois, style.TWO_COLUMNS),
}


@pytest.mark.parametrize("figure", PROGRAMS)
def test_a_figure_is_the_same_bytes_again(study, tmp_path, figure):
    program, width = PROGRAMS[figure]
    files = [(tmp_path / f"{n}.pdf", tmp_path / f"{n}.png") for n in (1, 2)]
    for pdf, png in files:
        program(**_options(study, figure), data=DATA, figure=[pdf, png])
    (pdf, png), (pdf_again, png_again) = files
    assert pdf.read_bytes() == pdf_again.read_bytes()
    assert png.read_bytes() == png_again.read_bytes()
    assert b"CreationDate" not in pdf.read_bytes()
    assert b"/FontFile2" in pdf.read_bytes(), "the type is embedded, as outlines"
    with Image.open(png) as image:
        assert image.width == round(300 * width)
        assert set(image.info) == {"dpi"}


def test_another_process_draws_the_same_bytes(study, tmp_path):
    options = _options(study, "fig1") | {"data": DATA}
    plot_fig1(**options, figure=[tmp_path / "1.pdf", tmp_path / "1.png"])
    options |= {"figure": [str(tmp_path / "2.pdf"), str(tmp_path / "2.png")]}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    subprocess.run([sys.executable, SCRIPTS / "plot_fig1.py", *arguments], check=True)
    for kind in ("pdf", "png"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()


def test_drawing_needs_no_deep_learning():
    programs = [path.stem for path in SCRIPTS.glob("plot_*.py") if path.stem != "plot_fig4"]
    code = f"import sys, {', '.join(programs)}; print({{'torch', 'sklearn'}} & {{*sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"


def _texts(figure) -> list[str]:
    texts = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        texts += [text.get_text() for text in axes.texts] + [axes.get_title()]
    return texts


def _images(figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def _study_arrays(study: Path) -> tuple[np.ndarray, np.ndarray]:
    return np.load(study / "rois.npy"), pd.read_csv(study / "masses.csv")["label"].to_numpy()


def test_fig1_shows_two_masses_of_each_class(study):
    rois, labels = _study_arrays(study)
    figure = fig1.draw(rois, labels, seed=4, data=DATA)
    shown = [
        next(row for row, roi in enumerate(rois) if np.array_equal(roi, image))
        for image in _images(figure)
    ]
    assert len(set(shown)) == 4
    assert sorted(labels[shown]) == [0, 0, 1, 1]
    assert any(DATA in text for text in _texts(figure))


def test_fig1_points_at_the_masses_it_shows(study):
    rois, labels = _study_arrays(study)
    figure = fig1.draw(rois, labels, seed=4, data=DATA)
    points = fig1.tsne(rois, 4)
    middle = next(axes for axes in figure.axes if axes.collections)
    tiles = [axes for axes in figure.axes if axes.images]
    assert len(figure.artists) == 4
    for line in figure.artists:
        tile = next(axes for axes in tiles if axes.transAxes is line.coords1)
        image = np.asarray(tile.images[0].get_array())
        mass = next(row for row, roi in enumerate(rois) if np.array_equal(roi, image))
        assert line.coords2 is middle.transData
        np.testing.assert_array_equal(line.xy2, points[mass])


def test_fig1_with_one_malignant_mass(study):
    rois, labels = _study_arrays(study)
    chosen = np.append(np.flatnonzero(labels == 0)[:6], np.flatnonzero(labels == 1)[0])
    assert len(_images(fig1.draw(rois[chosen], labels[chosen], seed=0, data=DATA))) == 3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=5, unique=True))
def test_lines_to_examples_do_not_cross(points):
    figure = style.new_figure(style.COLUMN, 3)
    axes = style.axes_at(figure, 0, 0, style.COLUMN, 2)
    axes.set(xlim=(-10, 10), ylim=(-10, 10), aspect="equal", adjustable="datalim")
    corners = [(0.6 * place, 2.2) for place in range(len(points))]
    tiles = tiles_for(figure, axes, np.array(points), corners, 0.5)
    assert len(set(tiles)) == len(points)
    ends = [tile.transAxes.transform((0.5, 1)) for tile in tiles]
    starts = axes.transData.transform(points)
    for one in range(len(points)):
        for other in range(one):
            assert not _cross(starts[one], ends[one], starts[other], ends[other])


def _cross(a, b, c, d) -> bool:
    def turn(p, q, r) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    tiny = 1e-6
    return turn(a, b, c) * turn(a, b, d) < -tiny and turn(c, d, a) * turn(c, d, b) < -tiny


def test_fig2_shows_each_mass_above_what_was_made_from_it(study):
    rois, labels = _study_arrays(study)
    made = {
        kind: [read_arrays(study / f"{kind}_{name}.npz") for name in ("benign", "malignant")]
        for kind in ("positive", "negative")
    }
    images = _images(fig2.draw(rois, labels, made, DATA))
    assert len(images) == 2 * 4 * 3
    for column in range(8):
        real, *below = images[3 * column : 3 * column + 3]
        mass = next(row for row, roi in enumerate(rois) if np.array_equal(roi, real))
        assert labels[mass] == column // 4
        for sets, image in zip(made.values(), below, strict=True):
            of_class = sets[labels[mass]]
            row = next(r for r, roi in enumerate(of_class["rois"]) if np.array_equal(roi, image))
            assert of_class["seed"][row] == mass


def test_fig2_says_where_nothing_was_made(study):
    rois, labels = _study_arrays(study)
    none = {"rois": rois[:0], "seed": np.zeros(0, dtype=int)}
    figure = fig2.draw(rois, labels, {"positive": [none, none]}, DATA)
    assert len(_images(figure)) == 8
    assert sum("none made" in text for text in _texts(figure)) == 8


def test_fig2_without_the_cgan_has_no_row_for_it(study, tmp_path):
    options = _options(study, "fig2")
    heights = []
    for cgan in (options["cgan"], []):
        files = {"figure": [tmp_path / "2.pdf", tmp_path / "2.png"]}
        plot_fig2(**options | {"cgan": cgan}, data=DATA, **files)
        with Image.open(files["figure"][1]) as image:
            heights.append(image.height)
    assert heights[0] > heights[1]
    with pytest.raises(BadInput, match="cgan: 1 files"):
        plot_fig2(**options | {"cgan": options["cgan"][:1]}, data=DATA, **files)


def test_fig3_draws_the_edges_of_the_graph(study):
    rois, labels = _study_arrays(study)
    from coin.graph.graph_file import read_graph
    from plot_fig3 import _kind_and_class

    nodes = pd.read_csv(study / "nodes.csv")
    paths = [study / f"{name}.npz" for name in NEIGHBOURS]
    made = {_kind_and_class(path): read_arrays(path) for path in paths}
    graph = read_graph(study / "graph.npz", len(nodes), 2, 2)
    images = _images(fig3.draw(fig3.Study(rois, nodes, graph, made), DATA))
    per_class = (
        3 + 4 + 1
    )  # a mass and two made from it; two neighbours of each sign, the mass again
    assert len(images) == 2 * per_class
    for label in (0, 1):
        mass, *_, again = of_class = images[label * per_class : (label + 1) * per_class]
        assert np.array_equal(mass, again)
        anchor = next(row for row, roi in enumerate(rois) if np.array_equal(roi, mass))
        assert labels[anchor] == label
        edges = graph[[anchor]].tocoo()
        study_rois = fig3.Study(rois, nodes, graph, made)
        for sign, shown in ((1, of_class[3:5]), (-1, of_class[5:7])):
            expected = {study_rois.roi(node).tobytes() for node in edges.col[edges.data == sign]}
            assert {image.tobytes() for image in shown} == expected


def test_fig5a_writes_each_cell_where_it_belongs():
    table = pd.DataFrame(
        {
            "n_positive": [0, 0, 1],
            "n_negative": [0, 4, 0],
            "accuracy_mean": [0.5, 0.6, 0.7],
            "accuracy_std": [0.01, 0.02, np.nan],
            "auc_mean": [0.8, 0.9, np.nan],
            "auc_std": [0.03, 0.04, np.nan],
        }
    )
    figure = fig5.draw_neighbours(table, DATA)
    accuracy_axes, auc_axes = [axes for axes in figure.axes if axes.get_title()]
    cells = {text.get_position(): text.get_text() for text in accuracy_axes.texts}
    assert cells == {(0, 0): "0.500\n±0.010", (0, 1): "0.600\n±0.020", (1, 0): "0.700"}
    assert [label.get_text() for label in accuracy_axes.get_yticklabels()] == ["0", "4"]
    assert len(auc_axes.texts) == 2


@pytest.mark.parametrize("weights", [[0, 0.01, 0.1, 1, 10], [0.5, 1], [0], [1], [0, 1]])
def test_fig5b_places_every_weight(weights):
    n = len(weights)
    means = {"accuracy_mean": 0.6, "auc_mean": 0.7}
    table = pd.DataFrame({"lambda": weights, **means, **MEASURED, **INTERVALS})
    axes = fig5.draw_weight(table, DATA).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == [f"{w:g}" for w in weights]
    place = axes.get_xticks()
    assert len(place) == n and (np.diff(place) > 0).all()
    assert [text.get_text() for text in axes.texts] == (["//"] if 0 in weights and n > 1 else [])


def test_fig5b_draws_the_intervals(study):
    table = pd.read_csv(study / "fig5b.csv")
    figure = fig5.draw_weight(table, DATA)
    axes = figure.axes[0]
    bars = axes.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[0.55, 0.75]] * 3)
    assert "95 % interval" in " ".join(_texts(figure))


def test_fig5b_has_no_bar_without_an_interval(study):
    table = pd.read_csv(study / "fig5b.csv").assign(**dict.fromkeys(INTERVALS, np.nan))
    figure = fig5.draw_weight(table, DATA)
    (bars,) = figure.axes[0].containers[0].lines[2]
    assert all(np.ptp(bar[:, 1]) == 0 for bar in bars.get_segments())
    assert "interval" not in " ".join(_texts(figure))


def _panels(study: Path) -> list[fig6.Panel]:
    held_out = pd.read_csv(study / "runs" / "none" / "fold0_seed0" / "predictions.csv")
    rows = held_out["mass_id"].str[2:7].astype(int).to_numpy()
    latent = np.load(study / "runs" / "none" / "fold0_seed0" / "latent.npy")
    probability = held_out["probability"].to_numpy()
    return [fig6.Panel("title", latent, rows, held_out["label"].to_numpy(), probability, 31, 40)]


def test_fig6_shows_masses_that_were_misdiagnosed(study):
    rois, labels = _study_arrays(study)
    panel = _panels(study)[0]
    figure = fig6.draw([panel], rois, seed=0, data=DATA)
    assert any("31 of 40" in text for text in _texts(figure))
    wrong = panel.rows[(panel.probability >= 0.5) != (labels[panel.rows] == 1)]
    assert 0 < len(wrong) < len(panel.rows)
    shown = _images(figure)
    assert len(shown) == min(4, len(wrong))
    of_wrong = {rois[row].tobytes() for row in wrong}
    assert {image.tobytes() for image in shown} <= of_wrong
    ringed = [c for c in figure.axes[0].collections if len(c.get_edgecolors()) and c.zorder == 4]
    assert sum(len(c.get_offsets()) for c in ringed) == len(wrong)


def test_fig6_with_none_misdiagnosed(study):
    rois, _ = _study_arrays(study)
    panel = _panels(study)[0]
    right = panel._replace(probability=panel.labels * 0.8 + 0.1)
    assert not _images(fig6.draw([right], rois, seed=0, data=DATA))


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0, 0.2, 0.5, 0.7, 1])), min_size=1))
def test_fig6_counts_as_accuracy_does(diagnoses):
    labels, probability = np.array(diagnoses).T
    assert fig6.is_right(labels, probability).mean() == accuracy(labels, probability)


def test_fig6_refuses_latents_of_another_training(study, tmp_path):
    options = _options(study, "fig6")
    write_array(tmp_path / "latent.npy", np.zeros((3, 8)))
    options["latents"][1] = tmp_path / "latent.npy"
    with pytest.raises(BadInput, match="3 rows, but"):
        plot_fig6(**options, data=DATA, figure=[tmp_path / "6.pdf", tmp_path / "6.png"])
    assert not (tmp_path / "6.pdf").exists()


def test_fig6_refuses_a_mass_that_is_held_out_twice(study, tmp_path):
    options = _options(study, "fig6")
    options["pooled"][0] = options["pooled"][1]
    with pytest.raises(BadInput, match="held out twice"):
        plot_fig6(**options, data=DATA, figure=[tmp_path / "6.pdf", tmp_path / "6.png"])


def test_fig6_of_the_one_fold_of_a_split_counts_its_masses(study, tmp_path, monkeypatch):
    options = _options(study, "fig6")
    options["pooled"] = options["predictions"]
    titles = []
    monkeypatch.setattr("plot_fig6.save", lambda figure, *_: titles.extend(_texts(figure)))
    plot_fig6(**options, data=DATA, figure=[tmp_path / "6.pdf", tmp_path / "6.png"])
    held_out = [pd.read_csv(path) for path in options["pooled"]]
    counts = [
        f"{((each['probability'] >= 0.5) == each['label']).sum()} of {len(each)} held-out masses"
        for each in held_out
    ]
    assert all(any(count in text for text in titles) for count in counts)
    assert not any("folds" in text for text in titles)


def test_rois_of_another_study_are_refused(study, tmp_path):
    write_array(tmp_path / "rois.npy", np.zeros((3, 8, 8), dtype=np.float32))
    options = _options(study, "fig1") | {"rois": tmp_path / "rois.npy"}
    with pytest.raises(BadInput, match="an ROI for each mass"):
        plot_fig1(**options, data=DATA, figure=[tmp_path / "1.pdf", tmp_path / "1.png"])


def test_the_contact_sheet_names_every_mass(study):
    rois, labels = _study_arrays(study)
    names = np.array([f"mass {row}" for row in range(len(rois))])
    texts = _texts(contact_sheet.draw(rois, labels, names, DATA))
    assert set(names) <= set(texts)
    assert "benign, 20 masses" in texts


def test_the_contact_sheet_of_one_class(study):
    rois, _ = _study_arrays(study)
    names = np.array(["a", "b", "c"])
    texts = _texts(contact_sheet.draw(rois[:3], np.ones(3, dtype=int), names, DATA))
    assert "benign, 0 masses" in texts and "malignant, 3 masses" in texts


def test_fig4_has_the_papers_shapes(tmp_path):
    from coin.diagnosis.model_file import write_model
    from coin.diagnosis.network import Network
    from coin.figures import fig4
    from plot_fig4 import plot_fig4

    network = Network(224, width=0.125, seed=0)
    shapes = [stage.shape for stage in fig4.stages(network, 224)]
    assert shapes[0] == (1, 224, 224)
    assert [shape[1] for shape in shapes[1:5]] == [112, 56, 28, 14]
    names = [stage.name for stage in fig4.stages(network, 224)]
    assert names.count("RC block") == 7 and names.count("fully connected") == 3
    assert shapes[-1] == (2,)
    assert not network.down[0]._forward_hooks, "the model is left as it was"
    small = Network(32, width=0.125, pooling="flatten", seed=0)
    description = {"roi_size": 32, "width": 0.125, "pooling": "flatten"}
    write_model(tmp_path / "model.safetensors", small, description)
    for n in (1, 2):
        files = {"figure": [tmp_path / f"{n}.pdf", tmp_path / f"{n}.png"]}
        plot_fig4(model=tmp_path / "model.safetensors", data=DATA, **files)
    for kind in ("pdf", "png"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()


@pytest.mark.parametrize("centre", [False, True])
def test_a_long_name_of_data_stays_in_its_place(centre):
    figure = style.new_figure(3.4, 2)
    figure.set_dpi(300)
    name = "a name as long as some archives give to their releases, " * 2
    style.write_data(figure, name, centre=centre)
    (text,) = figure.texts
    extent = text.get_window_extent(figure.canvas.get_renderer())
    assert extent.x0 >= 0 and extent.x1 <= figure.bbox.width
    assert not centre or extent.width <= figure.bbox.width / 2
