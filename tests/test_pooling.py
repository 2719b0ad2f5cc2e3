"""A room's blind tests: rows as the page gives them, the listener as the unit, a page to show."""

import csv
import io
import itertools

import numpy as np
import pytest
from scipy import stats

from audiogan_lib import classroom, commands

HEADER = "name,task,trials,right,low,high,guessing,answers"


def row(name, marks, task="which"):
    right = marks.count("+")
    trials = len(marks.split())
    return f'"{name}",{task},{trials},{right},0,1,0.5,{marks}'


def test_what_the_page_gives_is_read_with_its_sentence_and_header(tmp_path):
    said = "3 of 4 right (95 % interval 19 to 99 %); guessing does as well with probability 0.312."
    text = "\n".join([said, HEADER, row('O""Hara, Ada', "1+ 2+ 3- 1+")])
    (tmp_path / "ada.txt").write_text(text)
    listeners, refused = classroom.read_listeners(tmp_path)
    assert [one.name for one in listeners] == ['O"Hara, Ada']
    assert listeners[0].answers == ((1, True), (2, True), (3, False), (1, True))
    assert refused == []


def test_a_listener_is_one_name_and_the_nameless_are_each_their_own(tmp_path):
    rows = [
        row("Ada", "1+ 2+"),
        row("ada ", "1- 2-"),
        row("Ada", "1+ 2+"),
        row("", "1+"),
        row("", "1+"),
    ]
    (tmp_path / "room.csv").write_text("\n".join(rows))
    listeners, _ = classroom.read_listeners(tmp_path)
    assert sorted((one.name, len(one.answers)) for one in listeners) == [
        ("", 1),
        ("", 1),
        ("Ada", 4),
    ]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ("Ada,which,2,2,0,1,0.5,1+ 2-", "it says 2 of 2, its answers 1 of 2"),
        ("Ada,mushra,1,1,0,1,0.5,1+", "the task must be which or abx"),
        ("Ada,which,1,1,0,1,0.5,one+", "answers must look like"),
        ("Ada,which,1,1,0,1,0.5", "a row has 8 columns, this one 7"),
        ("Ada,which,0,0,0,1,1,", "it says 0 of 0"),
    ],
)
def test_a_row_that_the_page_cannot_have_given_is_named_and_left_out(tmp_path, damaged, reason):
    (tmp_path / "room.csv").write_text(f"{HEADER}\n{row('Bob', '1+')}\n{damaged}\n")
    listeners, refused = classroom.read_listeners(tmp_path)
    assert [one.name for one in listeners] == ["Bob"]
    assert len(refused) == 1
    assert refused[0].startswith(f"room.csv, line 3: {reason}")


def test_a_file_that_is_no_table_is_named_and_left_out(tmp_path):
    (tmp_path / "room.csv").write_text(f"{HEADER}\n{row('Bob', '1+')}\n")
    (tmp_path / "essay.txt").write_text("a" * 200_000)
    listeners, refused = classroom.read_listeners(tmp_path)
    assert [one.name for one in listeners] == ["Bob"]
    assert len(refused) == 1
    assert refused[0].startswith("essay.txt: field larger")


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="has no row of a blind test"):
        classroom.read_listeners(tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        classroom.read_listeners(tmp_path / "none")


def test_where_every_row_is_refused_the_first_three_reasons_are_named(tmp_path):
    damaged = "Ada,which,2,2,0,1,0.5,1+ 2-"
    (tmp_path / "room.csv").write_text("\n".join([HEADER, *[damaged] * 4]))
    with pytest.raises(ValueError, match="has no row of a blind test") as refusal:
        classroom.read_listeners(tmp_path)
    for line in (2, 3, 4):
        assert f"room.csv, line {line}: it says 2 of 2, its answers 1 of 2" in str(refusal.value)
    assert "line 5" not in str(refusal.value)


def test_a_folder_that_is_called_as_a_file_is_looked_into_and_not_read(tmp_path):
    (tmp_path / "group.csv").mkdir()
    (tmp_path / "group.csv" / "ada.csv").write_text(row("Ada", "1+ 2+"))
    listeners, refused = classroom.read_listeners(tmp_path)
    assert [one.name for one in listeners] == ["Ada"]
    assert refused == []


def test_one_listener_has_the_exact_binomial_interval():
    share, low, high = classroom.share_interval([6], [8])
    exact = stats.binomtest(6, 8).proportion_ci(method="exact")
    assert (share, low, high) == (0.75, exact.low, exact.high)


def test_listeners_of_equally_many_trials_have_the_t_interval_of_their_shares():
    right = np.array([7, 2, 6, 1, 7, 3])
    _, low, high = classroom.share_interval(right, np.full(6, 8))
    expected = stats.t.interval(0.95, 5, (right / 8).mean(), stats.sem(right / 8))
    assert (low, high) == pytest.approx(expected)


def test_agreement_of_few_does_not_make_certainty():
    _, low, high = classroom.share_interval([4, 4, 4], [8, 8, 8])
    assert (low, high) == pytest.approx(stats.binomtest(12, 24).proportion_ci(method="exact"))


def test_the_interval_covers_where_listeners_differ():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        shares = rng.beta(3, 1.5, size=12)  # mean 2/3; some hear it, some do not
        _, low, high = classroom.share_interval(rng.binomial(8, shares), np.full(12, 8))
        hits += low <= 2 / 3 <= high
    assert hits >= 0.93 * 400


def test_a_table_counts_each_answer_once_for_its_listener_its_pair_and_the_room(tmp_path):
    rng = np.random.default_rng(1)
    rows = []
    for seat, task in itertools.product(range(6), ("which", "abx")):
        marks = " ".join(f"{rng.integers(1, 4)}{rng.choice(['+', '-'])}" for _ in range(8))
        rows.append(row(f"seat {seat}", marks, task))
    (tmp_path / "room.csv").write_text("\n".join([HEADER, *rows]))
    table = classroom.pool(classroom.read_listeners(tmp_path)[0])
    for task in ("which", "abx"):
        asked = [line for line in table if line["task"] == task]
        whole = asked[-1]
        assert (whole["of"], whole["listeners"], whole["trials"]) == ("all", 6, 48)
        for of, key in itertools.product(("listener", "sound"), ("trials", "right")):
            assert sum(line[key] for line in asked if line["of"] == of) == whole[key]
    given = list(csv.DictReader(io.StringIO("\n".join([HEADER, *rows]))))
    assert sum(int(line["right"]) for line in given) == sum(
        line["right"] for line in table if line["of"] == "all"
    )


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ("1+ 2+ 3+ 1+ 2+ 3+ 1+ 2+", "The room hears the difference."),
        ("1- 2- 3- 1- 2- 3- 1- 2-", "takes it for the other kind"),
        ("1+ 2- 3+ 1- 2+ 3- 1+ 2-", "cannot be ruled out"),
    ],
)
def test_the_page_says_what_the_room_shows_and_escapes_names(marks, verdict):
    answers = tuple((int(mark[0]), mark[1] == "+") for mark in marks.split())
    room = [classroom.Listener(f"<b>{i}", "which", answers) for i in range(6)]
    page = classroom.pool_page(classroom.pool(room), ["room.csv, line 3: <i>"])
    assert verdict in page
    assert "ask more people" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "ask more people" in classroom.pool_page(classroom.pool(room[:2]))


def test_the_command_writes_a_table_and_a_page_and_says_what_the_room_heard(tmp_path, capsys):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.csv").write_text("\n".join([row("Ada", "1+ 2+"), row("Bob", "1+ 2-")]))
    (tmp_path / "room" / "b.csv").write_text("Eve,which,9,9,0,1,0.5,1+")
    out = tmp_path / "pooled"
    assert commands.main(["class", "pool", str(tmp_path / "room"), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("which: 2 listeners, 3 of 4 right, 95 % interval ")
    assert "1 rows left out" in said
    table = list(csv.DictReader((out / "pool.csv").open(encoding="utf-8")))
    assert [line["name"] for line in table] == ["Ada", "Bob", "1", "2", "all"]
    assert "b.csv, line 1" in (out / "pool.html").read_text("utf-8")
    assert commands.main(["class", "pool", str(tmp_path / "nowhere")]) == 2
    assert "there is no folder" in capsys.readouterr().err
