-- What has changed since the publication before?
-- A quantity that was not told before has no value there: so in a first run, all of them.
WITH told AS (
    SELECT quantity, name, target_date, published_at, value,
        lag(value) OVER before AS value_before, lag(published_at) OVER before AS told_before,
        max(published_at) OVER () AS newest
    FROM us.publications
    WINDOW before AS (PARTITION BY quantity, name, target_date ORDER BY published_at)
)
SELECT quantity, name, target_date, value, value_before, value - value_before AS change,
    told_before
FROM told
WHERE published_at = newest
ORDER BY abs(value - value_before) DESC NULLS LAST, quantity, name, target_date;
