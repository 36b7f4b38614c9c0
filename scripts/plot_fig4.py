"""Draw Fig. 4: the network, from a model itself."""

from pathlib import Path

from coin.diagnosis.model_file import read_model
from coin.figures.fig4 import draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_fig4(*, model: Path, data: str, figure: list[Output]) -> None:
    """Draw Fig. 4: the network, from a model itself.

    Args:
        model: the model.safetensors of any training
        data: what it was trained on, in words
        figure: the files to write, `.pdf` and `.png`
    """
    network, description = read_model(model)
    save(draw(network, description["roi_size"], data), figure)


if __name__ == "__main__":
    run(plot_fig4)
