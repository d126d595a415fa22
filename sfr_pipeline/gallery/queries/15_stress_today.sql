-- How likely is stress in the days ahead, beside its base rate and each model's record?
-- F5, F21 and F63: the next 5, 21 and 63 trading days. Best record first.
SELECT a.label, a.name, a.date, a.probability, a.base_rate, s.auroc, s.auroc_low, s.auroc_high,
    s.brier_skill
FROM stress_alarms('us') AS a
JOIN us.stress_scores AS s ON s.label = a.label AND s.model = a.model
WHERE s.protocol = 'walk_forward' AND s.period = 'all' AND s.days = 'all'
ORDER BY a.label, s.auroc DESC;
