-- Where does the index stand, and where did it stand in the last year?
-- In real time: each row uses what had been published by the end of its month. The percentile is
-- that among the months known then.
SELECT ref_date, sfri, band_low, band_high, percentile, n_indicators
FROM us.sfri
WHERE mode = 'real_time'
ORDER BY ref_date DESC
LIMIT 13;
