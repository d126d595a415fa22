-- What was odd about the prices, and what was done about it?
SELECT issue, action, count(*) AS n_times, count(DISTINCT symbol) AS n_symbols,
    min(date) AS first_day, max(date) AS last_day
FROM us.prices_quality
GROUP BY issue, action
ORDER BY n_times DESC;
