-- How often did volatility fall within what was forecast for it?
-- Shares of days: within bounds that promise .5 and .9, and on the right side of the threshold.
SELECT f.market, f.horizon, m.name, count(*) AS n_days,
    avg((f.actual BETWEEN f.low_50 AND f.high_50)::INT) AS within_50,
    avg((f.actual BETWEEN f.low_90 AND f.high_90)::INT) AS within_90,
    avg(((f.forecast > f.threshold) = (f.actual > f.threshold))::INT) AS right_side
FROM us.volatility_forecasts AS f
JOIN us.models AS m ON m.leg = 'volatility' AND m.model = f.model AND m.headline
WHERE f.panel = 'sub_markets' AND f.seed = -1 AND f.actual IS NOT NULL AND f.low_90 IS NOT NULL
GROUP BY ALL
ORDER BY f.market, f.horizon;
