import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.opinion.batching import batches

POSTS = st.lists(st.lists(st.integers(0, 30_000), min_size=1, max_size=40), max_size=60)


@given(POSTS, st.integers(1, 200))
def test_every_post_comes_once_whole_and_in_stretches_of_its_length(encoded, budget):
    seen = []
    for batch in batches(encoded, budget):
        tokens = batch.tokens.tolist()
        lengths = [length for posts, length in batch.stretches for _ in range(posts)]
        assert len(lengths) == len(batch.posts)
        for post, length in zip(batch.posts, lengths, strict=True):
            assert tokens[:length] == encoded[post]
            tokens = tokens[length:]
        assert tokens == []
        assert len(batch.tokens) <= budget or len(batch.posts) == 1
        assert len({length for _, length in batch.stretches}) == len(batch.stretches)
        seen.extend(batch.posts.tolist())
    assert sorted(seen) == list(range(len(encoded)))


def test_batches_are_filled_as_far_as_whole_posts_allow():
    rng = np.random.default_rng(0)
    encoded = [[1] * int(length) for length in rng.integers(1, 100, 2_000)]
    sizes = [len(batch.tokens) for batch in batches(encoded, 1_000)]
    assert min(sizes[:-1]) > 1_000 - 100


def test_no_posts_make_no_batches():
    assert list(batches([], 100)) == []
