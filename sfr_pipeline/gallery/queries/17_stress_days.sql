-- In which years were days followed by stress, and how often?
PIVOT (
    SELECT period AS year, label, base_rate
    FROM us.stress_label_statistics
    WHERE regexp_full_match(period, '[0-9]{4}')
) ON label USING round(any_value(base_rate), 3)
ORDER BY year;
