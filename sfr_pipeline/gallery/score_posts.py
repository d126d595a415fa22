# %% [markdown]
# Posts of your own, read by a checkpoint, counted into an index of public opinion. The posts here
# are made up and the checkpoint is the synthetic one that the package ships: neither says anything
# of a real forum.

# %%
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sfr_pipeline.gallery import picture
from sfr_pipeline.opinion import evaluate, npoi, score
from sfr_pipeline.sandbox.sentences import Tone, Writer

CHECKPOINT, LANGUAGE = "sandbox", "zh"  # a folder, or a name on the hub with revision=
N_POSTS = 3000

# %% Two years of posts whose mood turns in the middle. SYNTHETIC.
rng = np.random.default_rng(0)
tones: list[Tone] = ["positive", "negative", "neutral"]
writer = Writer(rng)
shares = [[0.5, 0.2, 0.3], [0.2, 0.5, 0.3]]
meant = [tones[rng.choice(3, p=shares[2 * post // N_POSTS])] for post in range(N_POSTS)]
posts = pd.DataFrame(
    {
        "published_at": pd.date_range("2023-01-01", "2024-12-31", periods=N_POSTS),
        "text": [writer.post(tone) for tone in meant],
        "meant": meant,
        "reads": rng.integers(10, 10_000, N_POSTS),
        "likes": rng.integers(0, 100, N_POSTS),
    }
)

# %% Read them. Single precision gives the same digits on every machine of a kind.
read = score(posts["text"], CHECKPOINT, language=LANGUAGE, precision="fp32")
print(posts.join(read[["score", "label", "cut"]]).head(5).to_string())

# %% How well does the checkpoint read? Label some hundred of your own posts to know.
quality = evaluate(posts["text"], posts["meant"], CHECKPOINT, language=LANGUAGE, precision="fp32")
print(quality)

# %% The index of public opinion.
scored = posts.assign(score=read["score"]).dropna(subset="score")
index = npoi(scored)
figure = Figure(figsize=(8, 3), layout="constrained")
axes = figure.subplots()
axes.plot(index["npoi"].to_timestamp())
axes.axhline(0, color="0.6", linewidth=1)
axes.set_title("public opinion, SYNTHETIC")
picture(figure, "score_posts")

# %% What was found.
half = len(index) // 2
before, after = index["npoi"].iloc[:half].mean(), index["npoi"].iloc[half:].mean()
print(
    f"{len(scored):,} posts read by {read['scorer'].iloc[0]}: the label is right for "
    f"{quality.quality.accuracy:.0%}; public opinion turned from {before:+.2f} to "
    f"{after:+.2f}."
)
