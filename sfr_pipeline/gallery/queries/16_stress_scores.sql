-- Does any warning of daily stress beat the best naive one?
-- difference is in AUROC, with its 95 % interval; few episodes decide little.
SELECT s.label, m.name, s.n_days, s.n_episodes, s.auroc, s.best_naive, s.difference,
    s.difference_low, s.difference_high, s.brier_skill
FROM us.stress_scores AS s
JOIN us.models AS m ON m.leg = 'stress' AND m.model = s.model
WHERE s.protocol = 'walk_forward' AND s.period = 'all' AND s.days = 'all'
ORDER BY s.label, s.auroc DESC;
