-- Which series and indicators are missing, why, and what would bring them?
SELECT 'series' AS kind, series AS id, name, reason, remedy FROM us.missing_series
UNION ALL
SELECT 'indicator', indicator, name, reason, remedy FROM us.missing_indicators
ORDER BY kind, id;
