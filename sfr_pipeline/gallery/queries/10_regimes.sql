-- When did the regime of the index change, as real time had it?
-- The regime is one of variance: "high" says that the index moves much, not that it is high. A
-- probability may jump because the indicators do: compare n_indicators of the table sfri.
WITH known AS (
    SELECT ref_date, sfri, probability_high, probability_high >= 0.5 AS high,
        lag(probability_high >= 0.5) OVER (ORDER BY ref_date) AS high_before
    FROM us.regimes
    WHERE mode = 'real_time' AND horizon = 0
)
SELECT ref_date, sfri, probability_high, high
FROM known
WHERE high IS DISTINCT FROM high_before
ORDER BY ref_date DESC;
