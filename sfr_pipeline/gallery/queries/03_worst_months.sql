-- Which were the worst months, and was their regime one of high variance?
SELECT i.ref_date, i.sfri, i.percentile, r.probability_high
FROM us.sfri AS i
LEFT JOIN us.regimes AS r ON r.mode = i.mode AND r.ref_date = i.ref_date AND r.horizon = 0
WHERE i.mode = 'real_time'
ORDER BY i.sfri DESC
LIMIT 10;
