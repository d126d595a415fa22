-- What was the index of a month made of, and what moved it?
-- Contributions sum to the index, changes to its change. An indicator that had dropped out has no
-- contribution, but a part in the change. NULL in place of a month stands for the newest.
SELECT name, dimension, contribution, score, weight, change, indicator_effect, weight_effect
FROM sfri_drivers('us', '2008-10');
