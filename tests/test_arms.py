"""Arms: named sets of settings, the paper's and a user's own, and what each row is trained on."""

from pathlib import Path

import pytest
import yaml

from coin.common.errors import BadInput
from coin.workflow.arms import (
    BUILT_IN,
    PEERS,
    READINGS,
    TABLE1,
    arm_of,
    arms,
    baselines,
    nearest,
    not_leaked,
    peers,
    runs,
    training_options,
)
from coin.workflow.study_config import merged, problems

REPOSITORY = Path(__file__).parent.parent
SCHEMA = yaml.safe_load((REPOSITORY / "schemas/config.schema.yaml").read_text(encoding="utf-8"))
DEFAULT = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))


def with_arms(**own):
    return DEFAULT | {"arms": own}


def test_table_1_has_cross_entropy_alone_and_differs_in_what_it_trains_on():
    found = arms(DEFAULT)
    assert [found[name].augmentation for name in TABLE1] == ["none", "none", "cgan", "positives"]
    for name in TABLE1:
        told = training_options(found[name])
        assert (told["n_positive"], told["n_negative"], told["loss"]["weight"]) == (0, 0, 0)
        assert told["training"]["flips_and_rotations"] == (name == "conventional")
        assert found[name].run == name


def test_every_arm_takes_as_many_steps_of_as_many_images():
    told = [training_options(arm)["training"] for arm in arms(DEFAULT).values()]
    for name in {"steps", "epochs", "batch_size", "learning_rate"} & DEFAULT["training"].keys():
        assert {each[name] for each in told} == {DEFAULT["training"][name]}


def test_arms_of_the_same_settings_share_their_trainings():
    found = arms(DEFAULT)
    runs = {found[name].run for name in ("coin", "positive1_negative4", "weight1")}
    assert runs == {"positive1_negative4_weight1"}
    assert found["no_graph"].run == found["weight0"].run == "positive1_negative4_weight0"
    assert found["no_negatives"].run == "positive1_negative0_weight1"


def test_without_an_edge_coin_is_the_adversarial_row():
    """Table I's (5, 0) and a corner of Fig. 5a are one training, whatever lambda is."""
    assert arms(DEFAULT)["positive0_negative0"].run == "adversarial"
    literal = DEFAULT | {"loss": DEFAULT["loss"] | {"classify_negatives": True}}
    assert arms(literal)["positive0_negative0"].run == "positive0_negative0_weight1"


def test_an_arm_lies_over_its_base_and_its_base_over_the_study():
    config = with_arms(
        wide={"base": "coin", "loss": {"margin": 1.5}},
        turned={"base": "wide", "training": {"flips_and_rotations": True}},
    )
    told = training_options(arms(config)["turned"])
    assert told["loss"] == DEFAULT["loss"] | {"margin": 1.5}
    assert told["training"] == DEFAULT["training"] | {"flips_and_rotations": True}
    assert told["network"] == DEFAULT["network"]
    assert arms(config)["turned"].run == "turned"
    assert arms(config)["turned"].augmentation == "neighbours"


def test_a_users_arm_at_a_point_is_the_points():
    config = with_arms(few={"base": "coin", "graph": {"n_negative": 2}})
    assert arms(config)["few"].run == "positive1_negative2_weight1"


def test_the_literal_reading_is_all_departures_at_once_and_a_study():
    study = yaml.safe_load((REPOSITORY / "studies/literal.yaml").read_text(encoding="utf-8"))
    assert study["loss"] == READINGS["literal"]["loss"]
    found = arms(DEFAULT)
    assert training_options(found["literal"])["loss"] == DEFAULT["loss"] | study["loss"]
    for name in READINGS.keys() - {"literal"}:
        changed = READINGS[name]["loss"]
        assert changed.items() <= study["loss"].items()
        assert training_options(found[name])["loss"] == DEFAULT["loss"] | changed
        assert training_options(found[name])["training"] == DEFAULT["training"]


def test_readings_are_trained_where_they_are_asked_for():
    assert runs(DEFAULT | {"readings": ["coin", "literal"]})["literal"] == "literal"
    assert not READINGS.keys() & runs(DEFAULT | {"readings": ["coin"]}).keys()


def test_arms_are_compared_with_what_they_are_said_to_better():
    config = DEFAULT | {
        "readings": ["coin", "literal"],
        "arms": {"wide": {"base": "coin"}, "wider": {"base": "wide"}},
    }
    assert baselines(config) == [
        *(("conventional", "none"), ("cgan", "none"), ("adversarial", "none")),
        *(("coin", "no_graph"), ("coin", "none"), ("literal", "coin")),
        *(("wide", "coin"), ("wider", "wide")),
    ]
    assert {name for pair in baselines(config) for name in pair} <= runs(config).keys()


def test_peers_are_trained_and_compared_where_they_are_asked_for():
    assert not PEERS.keys() & runs(DEFAULT | {"peers": []}).keys()
    assert PEERS.keys() == set(SCHEMA["properties"]["peers"]["items"]["enum"])
    config = DEFAULT | {"peers": list(PEERS)}
    assert PEERS.keys() <= runs(config).keys()
    pairs = baselines(config)
    assert PEERS.keys() <= {name for name, _ in pairs}
    assert {("coin_flips", "conventional"), ("coin_flips", "coin"), ("triplet", "none")} <= {*pairs}
    assert {name for pair in pairs for name in pair} <= runs(config).keys()


def test_the_arms_on_a_backbone_are_there_where_the_config_names_one():
    names = ["backbone_probe", "backbone_tuned"]
    assert not {*names} & runs(DEFAULT).keys()
    config = DEFAULT | {"backbone": {"name": "resnet50", "weights": "w.safetensors"}}
    assert {*names} <= runs(config).keys() and peers(config) == names
    assert {(name, "coin") for name in names} <= {*baselines(config)}
    probe, tuned = (arms(config)[name].program for name in names)
    assert probe.files == tuned.files == {"weights": "w.safetensors"}
    assert (probe.settings["name"], probe.settings["frozen"]) == ("resnet50", True)
    assert probe.settings["training"] == DEFAULT["training"]
    assert tuned.settings["training"] == DEFAULT["training"] | {"learning_rate": 0.0001}
    with pytest.raises(BadInput, match=r"arms\.backbone_probe: a peer; name yours otherwise"):
        arms(config | {"arms": {"backbone_probe": {"base": "none"}}})


def test_a_peers_loss_is_beside_cross_entropy_as_lambda_says_and_sees_real_masses_alone():
    for name in ("supervised_contrastive", "triplet"):
        arm = arms(DEFAULT)[name]
        told = training_options(arm)
        assert (arm.augmentation, told["n_positive"], told["n_negative"]) == ("none", 0, 0)
        assert (told["loss"]["kind"], told["loss"]["weight"]) == (name, DEFAULT["loss"]["weight"])
        assert told["training"] == DEFAULT["training"] | {"flips_and_rotations": True}
    own = with_arms(mine={"base": "conventional", "loss": {"kind": "triplet", "margin": 1}})
    assert training_options(arms(own)["mine"])["loss"] == DEFAULT["loss"] | {
        "kind": "triplet",
        "margin": 1,
    }


def test_a_programs_arm_is_told_its_settings_and_the_sections_that_it_names():
    config = with_arms(
        mine={"base": "coin", "program": "predict", "settings": {"trees": 5}, "files": {"at": "x"}},
        more={"base": "mine", "environment": "learn", "training": {"steps": 7}},
    )
    mine, more = arms(config)["mine"].program, arms(config)["more"].program
    assert mine == ("predict", "train", {"at": "x"}, {"trees": 5})
    told = {"trees": 5, "training": DEFAULT["training"] | {"steps": 7}}
    assert more == ("predict", "learn", {"at": "x"}, told)
    assert runs(config)["mine"] == "mine"  # no point of the grid, though its base is one


@pytest.mark.parametrize(
    ("settings", "ways"),
    [
        ({}, {}),
        ({"leakage": {"ways": ["image"]}}, {"mass": "leaves it", "neighbours": "leaves it"}),
        ({"protocol": {"split": "part"}}, {"image": "the data's own", "mass": "the data's own"}),
        (
            {"protocol": {"group_by": "image"}},
            {"image": "own folds leak", "mass": "own folds leak", "neighbours": "own folds leak"},
        ),
    ],
)
def test_a_way_to_leak_that_is_not_made_has_a_reason(settings, ways):
    found = not_leaked(merged(DEFAULT, settings))
    assert found.keys() == ways.keys()
    assert all(reason in found[way] for way, reason in ways.items())


def test_graphs_are_ranked_far_enough_for_every_arm():
    assert nearest(DEFAULT) == 8
    assert nearest(with_arms(many={"base": "coin", "graph": {"n_negative": 11}})) == 11


def test_an_arm_is_found_by_its_run_and_a_point_need_not_be_in_the_grid():
    config = with_arms(wide={"base": "coin", "loss": {"margin": 1.5}})
    for arm in arms(config).values():
        found = arm_of(arm.run, config)
        assert found.config == arm.config or (found.name, arm.name) == (
            "adversarial",
            "positive0_negative0",
        )
    elsewhere = training_options(arm_of("positive2_negative3_weight0.5", DEFAULT))
    assert (elsewhere["n_positive"], elsewhere["n_negative"]) == (2, 3)
    assert elsewhere["loss"]["weight"] == 0.5
    with pytest.raises(KeyError):
        arm_of("unheard_of", DEFAULT)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            {"mine": {"base": "yours"}},
            "config: arms.mine.base: found yours, expected one of none",
        ),
        (
            {"one": {"base": "two"}, "two": {"base": "one"}},
            "config: arms.one: a circle of bases, one -> two -> one",
        ),
        ({"coin": {"base": "none"}}, "config: arms.coin: an arm of the paper"),
        ({"triplet": {"base": "none"}}, "config: arms.triplet: a peer; name yours otherwise"),
        (
            {"mine": {"base": "none", "program": "unwritten"}},
            "config: arms.mine.program: found no scripts/unwritten.py; write it",
        ),
        (
            {"mine": {"base": "none", "settings": {"trees": 5}}},
            "config: arms.mine.settings: is a program's; name the arm's program, or leave it out",
        ),
        (
            {"positive1_negative4": {"base": "coin"}},
            "config: arms.positive1_negative4: an arm of the paper",
        ),
        (
            {"positive9_negative9_weight1": {"base": "coin"}},
            "config: arms.positive9_negative9_weight1: an arm of the paper",
        ),
    ],
)
def test_a_wrong_arm_is_named(own, said):
    with pytest.raises(BadInput) as raised:
        arms(with_arms(**own))
    assert str(raised.value).startswith(said)


def test_a_reading_that_is_no_arm_is_named():
    with pytest.raises(BadInput, match="config: readings: found yours, expected an arm: none, "):
        arms(DEFAULT | {"readings": ["coin", "yours"]})


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"mine": {"base": "coin", "los": {}}}, "arms.mine.los: unknown key; did you mean loss?"),
        (
            {"mine": {"base": "coin", "loss": {"margn": 1}}},
            "arms.mine.loss.margn: unknown key; did you mean margin?",
        ),
        ({"mine": {"loss": {"margin": 1}}}, "arms.mine.base: missing; give it a value"),
        ({"mine": {"base": "coin", "loss": {"margin": "x"}}}, "arms.mine.loss.margin: found str"),
        ({"Mine": {"base": "coin"}}, "arms: 'Mine' does not match"),
    ],
)
def test_a_wrong_key_of_an_arm_is_named(own, said):
    assert [line for line in problems(with_arms(**own), SCHEMA) if line.startswith(said)]


def test_no_arm_of_the_paper_has_a_base():
    """They stand for themselves, so that what each is shows at one place."""
    assert all("base" not in own for own in BUILT_IN.values())
