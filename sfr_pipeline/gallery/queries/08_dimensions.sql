-- What did each dimension bring to the index of a month, and by what weight?
SELECT ref_date, dimension, contribution, weight, dimension_index, n_indicators
FROM us.dimension_indices
WHERE mode = 'real_time' AND ref_date = last_day(CAST('2008-10' || '-01' AS DATE))
ORDER BY contribution DESC;
