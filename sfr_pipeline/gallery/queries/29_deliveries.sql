-- What did each delivery bring, and how many of its values were revised ones?
SELECT delivered_at, run, kind, count(DISTINCT item) AS n_items, count(*) AS n_values,
    min(ref_date) AS first_date, max(ref_date) AS last_date
FROM us.deliveries
GROUP BY delivered_at, run, kind
ORDER BY delivered_at DESC, kind;
