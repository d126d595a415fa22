-- Does any forecast of the index beat doing nothing, in real time?
-- RMSE ratios below 1 are better than no change; beats_bar is the verdict against the better naive
-- row, whose own verdict is "bar"; coverage is that of the 90 % intervals.
SELECT m.name, s.refit_months, s.n_forecasts, s.rmse_ratio, s.p_no_change, s.bar_ratio, s.p_bar,
    s.beats_bar, s.coverage
FROM us.forecast_scores AS s
JOIN us.models AS m ON m.leg = 'forecasting' AND m.model = s.model
WHERE s.protocol = 'real_time' AND s.target = 'basket' AND s.split = 'test' AND s.horizon = 1
    AND s.period = 'all'
ORDER BY s.rmse;
