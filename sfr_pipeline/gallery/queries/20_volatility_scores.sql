-- What is the forecast of volatility worth beside its rivals?
-- gain: the share of the rival's squared error of logs that it takes away, next 21 days.
SELECT s.panel, m.name, r.name AS rival, s.n_days, s.gain, s.gain_63_low, s.gain_63_high, s.p_value,
    s.verdict
FROM us.volatility_scores AS s
JOIN us.models AS m ON m.leg = 'volatility' AND m.model = s.model AND m.headline
JOIN us.models AS r ON r.leg = 'volatility' AND r.model = s.rival
WHERE s.horizon = 21 AND s.market = 'all' AND s.period = 'all' AND s.seed = -1 AND s.loss = 'mse'
ORDER BY s.panel, s.gain;
