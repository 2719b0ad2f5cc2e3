"""Whole reports and their table, on toy judges and sets whose quality is known."""

import json

import numpy as np
import pytest

from audiogan_lib import metrics


@pytest.fixture
def rng():
    return np.random.default_rng(7)


class ToyJudge:
    """A clip's first sample is its label, its second the speaker, the next four its features."""

    sample_rate = 8000

    def __init__(self):
        self.heads = {"label": ("a", "b"), "speaker": ("x", "y", "z")}

    def probabilities(self, waveforms, head="label"):
        column = {"label": 0, "speaker": 1}[head]
        return np.eye(len(self.heads[head]))[waveforms[:, column].astype(int)]

    def features(self, waveforms):
        return waveforms[:, 2:6]


def toy_clips(rng, count, shift=0.0):
    labels = np.arange(count) % 2
    speakers = np.arange(count) // 2 % 3
    features = rng.normal(size=(count, 4)) + shift + 3.0 * speakers[:, None]
    sounds = 0.1 * rng.normal(size=(count, 1024))
    return np.column_stack([labels, speakers, features, sounds]), labels


def brief(*arguments):
    return metrics.evaluate(ToyJudge(), *arguments, brief=True)


def test_evaluate_tells_good_clips_from_shifted_ones(rng):
    train, _ = toy_clips(rng, 600)
    test, labels = toy_clips(rng, 120)
    good, good_labels = toy_clips(rng, 120)
    bad, _ = toy_clips(rng, 120, shift=1.0)
    report = brief(train, test, labels, good, good_labels)
    assert report["generated"]["accuracy"] == 1.0
    assert report["test"]["inception_score"] == pytest.approx(2.0)
    assert report["generated"]["frechet_distance"] < 0.3
    worse = brief(train, test, labels, bad, 1 - good_labels)
    assert worse["generated"]["accuracy"] == 0.0
    assert worse["test"] == report["test"]
    assert worse["generated"]["frechet_distance"] == pytest.approx(4.0, abs=1.0)


def test_the_floor_is_what_held_out_clips_of_the_same_mix_score(rng):
    floors, held_out, careless = [], [], []
    for _ in range(8):
        train, _ = toy_clips(rng, 600)
        test, labels = toy_clips(rng, 120)
        report = brief(train, test, labels, test, labels)
        floors.append(report["floor"])
        held_out.append(report["test"]["frechet_distance"])
        order = rng.permutation(600)
        drawn, rest = train[order[:120], 2:6], train[order[120:], 2:6]
        careless.append(metrics.frechet_distance(drawn, rest))
    assert np.mean(floors) == pytest.approx(np.mean(held_out), rel=0.25)
    # Drawn without regard to the speakers, the subsets have other mixes and lie further apart.
    assert np.mean(floors) < 0.7 * np.mean(careless)


def test_unequal_counts_are_brought_to_the_smaller_one(rng):
    train, _ = toy_clips(rng, 600)
    test, labels = toy_clips(rng, 60)
    many, many_labels = toy_clips(rng, 480)
    report = brief(train, test, labels, many, many_labels)
    assert report["equal_count"] == 60
    assert report["generated"]["clips"] == 480
    all_of_them = metrics.frechet_distance(many[:, 2:6], train[:, 2:6])
    assert report["generated"]["frechet_distance"] > 1.5 * all_of_them
    with pytest.raises(ValueError, match="train must have at least 62 clips, got 20"):
        brief(train[:20], test, labels, many, many_labels)


@pytest.fixture(scope="module")
def full():
    rng = np.random.default_rng(11)
    train, _ = toy_clips(rng, 300)
    test, labels = toy_clips(rng, 60)
    generated, asked = toy_clips(rng, 60)
    generated[:5] = train[:5]
    generated[9, 0] = 1 - asked[9]
    labels = [{"label": one, "speaker": np.arange(60) // 2 % 3} for one in (labels, asked)]
    labels[1]["speaker"][:6] = 2
    report = metrics.evaluate(ToyJudge(), train, test, labels[0], generated, labels[1])
    return report, train, test, generated


def test_a_full_report_holds_what_the_functions_return(full):
    report, train, test, generated = full
    features, known = generated[:, 2:6], train[:, 2:6]
    column = report["generated"]
    probabilities, wanted = (ToyJudge().probabilities(clips) for clips in (generated, train))
    assert column["kernel_distance"] == metrics.kernel_distance(features, known)
    assert column["gaussian_kernel_distance"] == metrics.gaussian_kernel_distance(features, known)
    assert column["modified_inception_score"] == metrics.modified_inception_score(probabilities)
    assert column["am_score"] == metrics.am_score(probabilities, wanted)
    assert column["accuracies"] == {"speaker": pytest.approx(56 / 60)}
    assert column["different_bins"] == metrics.different_bins(features, known).different.sum()
    found = metrics.memorisation(generated, test, train, 8000)
    assert column["nearer"] == found.nearer
    assert column["train_distance_db"] == np.median(found.distance_db)


def test_a_full_report_points_at_the_clips_to_hear(full):
    report, *_ = full
    column = report["generated"]
    pairs = column["nearest_pairs"]
    assert [pair[:2] for pair in pairs[:5]] == [[i, i] for i in range(5)]
    assert max(pair[2] for pair in pairs[:5]) < 1e-3 < pairs[5][2]
    assert column["worst"][0] == [9, 0.0, "a"]
    assert all(sure == 1.0 for _, sure, _ in column["best"])
    assert column["alarms"] == {}


def test_every_interval_holds_its_score_and_test_and_generated_overlap(full):
    report, *_ = full
    for column in (report["test"], report["generated"]):
        for name, (low, high) in column["intervals"].items():
            assert low <= column[name] <= high, name
    for name in ("kernel_distance", "coverage", "density", "frechet_distance_infinity"):
        low, high = report["test"]["intervals"][name]
        other_low, other_high = report["generated"]["intervals"][name]
        assert max(low, other_low) < min(high, other_high), name


class QuietJudge(ToyJudge):
    """What the other one reads off the first samples stands there 80 dB lower."""

    def probabilities(self, waveforms, head="label"):
        return super().probabilities(np.round(1e4 * waveforms), head)

    def features(self, waveforms):
        return 1e4 * super().features(waveforms)


def test_silence_is_told_in_the_report(rng):
    (train, _), (test, labels), (quiet, asked) = (toy_clips(rng, n) for n in (200, 40, 40))
    for clips in (train, test, quiet):
        clips[:, :6] *= 1e-4
    quiet[:, 6:] *= 1e-2
    report = metrics.evaluate(QuietJudge(), train, test, labels, quiet, asked)
    assert list(report["generated"]["alarms"]) == ["silence"]
    assert report["test"]["level_db"] - report["generated"]["level_db"] == pytest.approx(40, abs=1)
    assert "alarm, silence: sounds at" in metrics.format_table(report)


def test_tuning_is_measured_where_labels_are_pitches(rng):
    train, _ = toy_clips(rng, 200)
    test, labels = toy_clips(rng, 40)
    hertz = np.where(labels, 440.0, 220.0)[:, np.newaxis]
    test[:, 6:] = np.sin(2 * np.pi * hertz * np.arange(1024) / 8000)
    flat = test.copy()
    flat[:10, 6:] = np.sin(2 * np.pi * 0.97 * hertz[:10] * np.arange(1024) / 8000)
    report = metrics.evaluate(ToyJudge(), train, test, labels, flat, labels, pitches=[57, 69])
    assert report["test"]["pitch_accuracy"] == 1.0
    assert report["generated"]["pitch_accuracy"] == 0.75
    assert "within 20 cents" in metrics.format_table(report)


def test_the_report_is_json_and_names_every_share(rng):
    train, _ = toy_clips(rng, 300)
    test, labels = toy_clips(rng, 60)
    silent_speaker = test[test[:, 1] < 2]
    asked = silent_speaker[:, 0].astype(int)
    report = brief(train, test, labels, silent_speaker, asked)
    assert json.loads(json.dumps(report)) == json.loads(json.dumps(report, allow_nan=False))
    assert report["test"]["shares"]["speaker"] == pytest.approx(
        {"x": 1 / 3, "y": 1 / 3, "z": 1 / 3}
    )
    assert report["generated"]["shares"]["speaker"] == {"x": 0.5, "y": 0.5, "z": 0.0}
    table = metrics.format_table(report)
    lines = table.splitlines()
    assert lines[0].split() == ["test", "split", "generated"]
    assert any(line.split() == ["z", "0.333", "0.000"] for line in lines)
    assert f"{report['generated']['frechet_distance']:.2f}" in table
    assert max(map(len, lines)) < 80


def test_the_table_shows_what_only_generated_clips_were_asked(rng):
    train, _ = toy_clips(rng, 300)
    test, labels = toy_clips(rng, 60)
    asked = {"label": labels, "speaker": np.arange(60) // 2 % 3}
    asked["speaker"][:6] = 2
    lines = metrics.format_table(brief(train, test, labels, test, asked)).splitlines()
    assert [line.split() for line in lines if line.startswith("  speaker")] == [
        ["speaker", "0.933", "[0.841,", "0.974]"]
    ]


def test_the_table_of_a_full_report_has_every_score_with_its_interval(full):
    report, *_ = full
    table = metrics.format_table(report)
    column = report["generated"]
    low, high = column["intervals"]["coverage"]
    assert f"{column['coverage']:.2f} [{low:.2f}, {high:.2f}]" in table
    for words in (
        "AM score",
        "modified",
        "Gaussian",
        "different bins",
        "speaker",
        "among training",
    ):
        assert words in table
    # The toy's features are so large that their cubes need exponents.
    assert max(len(line) for line in table.splitlines() if "cubic" not in line) < 80
    times_100 = f"{100 * column['gaussian_kernel_distance']:.3g} ["
    assert any("Gaussian" in line and times_100 in line for line in table.splitlines())
    assert json.dumps(report, allow_nan=False)
    short = {key: report[key] for key in ("floor", "equal_count")} | {
        name: {
            key: report[name][key]
            for key in (
                "clips",
                "accuracy",
                "interval",
                "inception_score",
                "frechet_distance",
                "shares",
            )
        }
        for name in ("test", "generated")
    }
    old = metrics.format_table(short).split("share of")[0].rstrip().splitlines()
    assert "real against real" in old[-1]
    assert len(old) == 6
