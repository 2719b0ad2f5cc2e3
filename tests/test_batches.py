"""Endless, reproducible batches."""

import numpy as np
import pytest

from audiogan_lib import datasets


def take(count, *arrays, **options):
    stream = datasets.batches(arrays, **options).take(count)
    return [tuple(tensor.numpy() for tensor in batch) for batch in stream]


def test_each_epoch_is_a_new_permutation_of_all_clips():
    seen = np.concatenate([batch for (batch,) in take(9, np.arange(12), batch_size=4)])
    epochs = seen.reshape(3, 12)
    np.testing.assert_array_equal(np.sort(epochs, axis=1), np.tile(np.arange(12), (3, 1)))
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_batch_runs_over_into_the_next_epoch():
    seen = np.concatenate([batch for (batch,) in take(10, np.arange(7), batch_size=3)])
    assert [sorted(seen[start : start + 7]) for start in (0, 7, 14)] == [list(range(7))] * 3


def test_a_resumed_stream_goes_on_where_it_would_have_been():
    options = {"batch_size": 5, "seed": 3}
    whole = take(20, np.arange(13), **options)
    rest = take(8, np.arange(13), first_step=12, **options)
    np.testing.assert_array_equal(rest, whole[12:])
    np.testing.assert_array_equal(take(20, np.arange(13), **options), whole)


def test_arrays_stay_together_and_keep_their_types():
    waveforms = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    for clips, labels in take(5, waveforms, np.arange(6), batch_size=4):
        np.testing.assert_array_equal(clips, waveforms[labels])
        assert (clips.dtype, labels.dtype) == (np.float32, np.int64)


def test_fewer_clips_than_one_batch_are_repeated():
    ((batch,),) = take(1, np.arange(3), batch_size=8)
    np.testing.assert_array_equal(np.bincount(batch[:6]), [2, 2, 2])


@pytest.mark.parametrize("seed", [-1, 1, 2**31 - 1])
def test_seeds_give_different_orders(seed):
    ((first,),) = take(1, np.arange(50), batch_size=50)
    ((other,),) = take(1, np.arange(50), batch_size=50, seed=seed)
    assert (first != other).any()


def test_the_order_is_the_same_on_every_machine_and_version():
    ((batch,),) = take(1, np.arange(10), batch_size=20, seed=1)
    np.testing.assert_array_equal(
        batch, [9, 6, 8, 7, 1, 2, 3, 5, 4, 0, 6, 5, 2, 4, 1, 3, 7, 0, 9, 8]
    )


def test_a_stream_far_into_training_starts_at_once():
    ((batch,),) = take(1, np.arange(10), batch_size=10, first_step=10**12)
    assert sorted(batch) == list(range(10))


@pytest.mark.parametrize(
    "arrays, options, message",
    [
        ([np.zeros(3), np.zeros(4)], {"batch_size": 2}, r"\[\(3,\), \(4,\)\]"),
        ([np.zeros((0, 5))], {"batch_size": 2}, r"\(0, 5\)"),
        ([], {"batch_size": 2}, r"received shapes \[\]"),
        ([np.zeros(3)], {"batch_size": 2, "seed": 2**31}, "seed must .* received 2147483648"),
        ([np.zeros(3)], {"batch_size": 0}, "received 0 and 0"),
        ([np.zeros(3)], {"batch_size": 2, "first_step": -1}, "received 2 and -1"),
    ],
)
def test_what_makes_no_batches_is_refused(arrays, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.batches(arrays, **options)
