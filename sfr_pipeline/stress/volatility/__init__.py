"""How large the volatility of the coming days will be: the headline question of the daily leg.

Whether stress comes is a yes or no with a handful of episodes, which no history decides. How large
volatility will be has an answer on every day of every market, so that models can be told apart.

``panel``: markets by day, and what is forecast; ``features``: what models read; ``harx``: the
linear panel and its refits; ``rivals``: what it has to beat; ``walk``: all of them walked forward;
``network``: what a network adds to the linear panel, ``corrections``: networks walked forward;
``forecasts`` and ``scores``: the tables; ``checkpoint`` and ``latest``: the newest models, kept and
asked; ``study``: the steps of a run.
"""
