-- Which indicators does the index have, from when to when, and which are missing?
SELECT i.indicator, i.name, i.dimension, i.first_month, i.last_month, i.n_months, i.n_carried,
    i.last_month < newest.ref_date AS ended, m.reason, m.remedy
FROM us.indicator_statistics AS i
CROSS JOIN (SELECT max(ref_date) AS ref_date FROM us.sfri) AS newest
LEFT JOIN us.missing_indicators AS m USING (indicator)
ORDER BY m.reason IS NULL, i.last_month, i.indicator;
